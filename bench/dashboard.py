"""The dashboard of a county beside a bare page of the same sums, and the sums from the records."""

from __future__ import annotations

from typing import Any

from flask import Flask, render_template_string

from app.web.kept import EXTENSION
from bench.county import YEAR, County
from bench.grounds import Ground, on
from bench.measures import raw_connection
from bench.ranking import Measures, asked, build, paired
from tests.passbook.reader import browser_of

ROUNDS = 7
_SPAN = f"BETWEEN '{YEAR}-01-01' AND '{YEAR}-12-31'"
_DAYS = f"""
SELECT service_on, colour_id, sum(records), sum(minutes) FROM day_totals
WHERE service_on {_SPAN} GROUP BY service_on, colour_id
"""
_TEAMS = f"""
SELECT t.name, sum(d.minutes) AS minutes FROM day_totals d JOIN teams t ON t.id = d.team_id
WHERE d.service_on {_SPAN} GROUP BY t.id, t.name ORDER BY minutes DESC LIMIT 12
"""
_TILES = f"""
SELECT sum(minutes), sum(records), count(DISTINCT volunteer_id),
  (SELECT count(*) FROM volunteers), (SELECT sum(balance) FROM accounts WHERE unit = 'points')
FROM service_totals WHERE year = {YEAR}
"""
_FROM_RECORDS = f"""
SELECT service_on, colour_id, count(*), sum(minutes) FROM service_records
WHERE state = 'approved' AND service_on {_SPAN} GROUP BY service_on, colour_id
"""
_BARE_PAGE = """<!doctype html><html lang="zh-CN"><head><title>{{ year }}</title></head><body>
<p>{{ tiles }}</p><table>{% for row in days %}<tr><td>{{ row[0] }}</td><td>{{ row[3] }}</td></tr>
{% endfor %}</table><ul>{% for row in teams %}<li>{{ row[0] }} {{ row[1] }}</li>{% endfor %}</ul>
</body></html>"""


def dashboard_at_size(ground: Ground, *, people: int, records: int) -> None:
    """Print what the dashboard takes anew, and within the minute its figures are kept."""
    built = build(ground, people, records)
    with on(built.url) as app, raw_connection(built.url) as connection:
        measures = _measured(app, built, connection)
    ground.drop(built.url)
    for name, pair in measures.items():
        print(
            f"{built.engine}, {records:,} records: {name:48} {pair.ours:>8,.1f} ms, "
            f"plain {pair.plain:>8,.1f} ms: {pair.ours / pair.plain:.2f} times",
            flush=True,
        )


def _measured(app: Flask, built: County, connection: Any) -> Measures:
    organiser = browser_of(app, built.community, "organiser")
    bare = Flask("bare")

    @bare.get("/")
    def page() -> str:
        tiles, days, teams = (
            connection.execute(each).fetchall() for each in (_TILES, _DAYS, _TEAMS)
        )
        return render_template_string(_BARE_PAGE, tiles=tiles[0], days=days, teams=teams, year=YEAR)

    plain = bare.test_client()

    def anew() -> Any:
        app.extensions.pop(EXTENSION, None)
        return asked(organiser, f"/desk?year={YEAR}")

    def again() -> Any:
        return asked(organiser, f"/desk?year={YEAR}")

    assert anew().status_code == 200
    from_records = _from_records(connection)
    return {
        "the dashboard summed anew": paired(anew, lambda: plain.get("/"), rounds=ROUNDS),
        "the dashboard within the minute": paired(again, lambda: plain.get("/"), rounds=ROUNDS),
        "the dashboard beside the days from records": paired(anew, from_records, rounds=3),
    }


def _from_records(connection: Any) -> Any:
    return lambda: connection.execute(_FROM_RECORDS).fetchall()
