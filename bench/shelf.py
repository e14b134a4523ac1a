"""The shelf page of 200 items beside a bare Flask page: the same rows, the same two sums."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Flask

from app.db import db, transaction
from app.ledger.operations import NewEntry, lock_holders, post, reserve, system_account
from app.ledger.rules import Leg
from bench.grounds import Ground, on
from bench.measures import Round, raw_connection
from bench.page import seconds_of, signed_in_as
from tests.rewards.shelving import stocked
from tests.service.community import NOW, Community

ITEMS = 200
GOODS = (("东北大米 5 kg", "袋", "粮油"), ("毛巾 2 条", "份", "日用"), ("理发", "次", "服务"))
READER = 9
POINTS = 500_00
WHO_SQL = """
SELECT v.name, a.balance FROM sessions s JOIN logins l ON l.id = s.login_id
JOIN volunteers v ON v.id = l.volunteer_id
JOIN accounts a ON a.holder_id = v.id AND a.unit = 'points'
WHERE v.id = {mark} AND s.revoked_at IS NULL
"""
# What everybody is judged by: dates, colours and stars, and what one had of it this month.
BARE_SQL = """
SELECT i.id, v.name, v.category, v.price_hundredths, i.available, v.measure, v.picture_id, v.number,
  v.from_on, v.until_on, v.limit_count, v.limit_period, v.least_stars, p.name,
  (SELECT coalesce(sum(r.quantity), 0) FROM redemptions r WHERE r.item_id = i.id
     AND r.volunteer_id = {mark} AND r.redeemed_on >= {mark}
     AND r.state IN ('to_collect', 'collected')) AS had,
  (SELECT count(*) FROM item_colours c WHERE c.item_version_id = v.id) AS colours
FROM shelf_items i JOIN item_versions v ON v.item_id = i.id AND v.number = i.version
LEFT JOIN partners p ON p.id = v.partner_id
WHERE i.withdrawn_at IS NULL ORDER BY i.available = 0, v.category, v.price_hundredths, i.id
"""
BARE_PAGE = """<!doctype html><html lang="zh-CN"><head><title>{{ who[0] }}</title></head><body>
<h1>{{ who[0] }}</h1><p>{{ who[1] }}</p><main><ul>{% for item in items %}
<li class="q-good"><h2><a href="/rewards/{{ item[0] }}">{{ item[1] }}</a></h2>
<p>{{ item[3] }}</p><p>{{ item[4] }} {{ item[5] }}</p>
{% if not item[4] %}<span>0</span>
{% elif item[3] > who[1] %}<span>{{ item[3] - who[1] }}</span>
{% elif item[10] and item[14] >= item[10] %}<span>{{ item[10] }}</span>
{% else %}<a href="/rewards/{{ item[0] }}/redeem">{{ item[2] }}</a>{% endif %}</li>
{% endfor %}</ul></main></body></html>"""


def shelf_page(ground: Ground, community: Community, *, rounds: int) -> list[Round]:
    """Time a volunteer's shelf and the bare page in turn, seconds a request."""
    url = ground.fresh()
    volunteer_id = community.volunteers[READER]
    with on(url) as app, raw_connection(url) as connection:
        _fill(community, volunteer_id)
        ours = signed_in_as(app, volunteer_id)
        bare = _bare_app(connection, volunteer_id, ground.engine).test_client()
        for page in (ours.get("/rewards"), bare.get("/")):
            assert page.text.count('q-good"') == ITEMS, page.text[:2000]
        return [
            Round(
                seconds_of(lambda: ours.get("/rewards")),
                seconds_of(lambda: bare.get("/")),
            )
            for _ in range(rounds)
        ]


def _fill(community: Community, volunteer_id: int) -> None:
    """Put the items on the shelf: some sold out, some too dear, some with a limit."""
    for number in range(ITEMS):
        name, measure, category = GOODS[number % len(GOODS)]
        limit = {"limit_count": 2, "limit_period": "month"} if number % 4 == 0 else {}
        stocked(
            community,
            pieces=number % 10,
            name=f"{name} {number}",
            measure=measure,
            category=category,
            price_hundredths=(number + 1) * 5_00,
            **limit,
        )
    with transaction() as session:
        held = lock_holders(session, [volunteer_id])[volunteer_id]
        opening = system_account(session, community.root_id, "opening", "points")
        legs = (Leg(held.points_id, POINTS), Leg(opening, -POINTS))
        entry = NewEntry("opening", "bench", volunteer_id, legs)
        post(session, [entry], reserve(session, 1, NOW), actor_id=None)
    db.session.remove()


def _bare_app(connection: Any, volunteer_id: int, engine: str) -> Flask:
    app = Flask("bare")
    mark = "?" if engine == "sqlite" else "%s"
    who, items = WHO_SQL.format(mark=mark), BARE_SQL.format(mark=mark)
    month = date(NOW.year, NOW.month, 1)
    since = month.isoformat() if engine == "sqlite" else month
    template = app.jinja_env.from_string(BARE_PAGE)

    @app.get("/")
    def page() -> str:
        person = connection.execute(who, (volunteer_id,)).fetchone()
        found = connection.execute(items, (volunteer_id, since)).fetchall()
        return template.render(who=person, items=found)

    return app
