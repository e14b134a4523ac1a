"""One story told by a process of its own, whatever zone its host is in; it says what came of it.

`TZ=Pacific/Honolulu DATABASE_URL=… python -m tests.torture.zone_story`: prints JSON.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from datetime import timedelta
from typing import Any

import time_machine

from app import create_app
from app.db import db, transaction
from app.ranking.queries.verifying import kept_csv
from app.service.operations import approve, reverse_record
from tests.claims.conftest import VOLUNTEER, claimed
from tests.conftest import TEST_CONFIG
from tests.ranking.closing import Present
from tests.ranking.test_reproducible import freeze_year
from tests.ranking.year import standing
from tests.rewards.shelving import PRICE, give_points, redeemed, stocked
from tests.service.community import NOW, Community
from tests.torture.bank import audited

# Half past midnight of the fourth in the community; the third for hosts in Greenwich and Hawaii.
LATE = NOW.replace(hour=16, minute=30)
PATHS = {
    "visitor": ("/", "/pioneers", "/pioneers/TX/2025", "/pioneers/TX/2025/list.csv"),
    "volunteer": ("/", "/me/ledger", "/me/ledger?print=1", "/rewards/mine"),
    "leader": ("/", "/log/TX-red", "/waiting"),
    "organiser": ("/", "/waiting", "/ranking.csv?year=2026", "/stock/moves.csv"),
}
# What is random, or is of this process.
_CHANGES = re.compile(
    r'name="(key|csrf_token)"[^>]*value="[^"]*"|value="[^"]*"[^>]*name="(key|csrf_token)"'
    r'|nonce="[^"]*"|TX-[0-9A-F]{6,}|request [0-9a-f]+'
)


def tell() -> Community:
    """Serve a year and freeze it; claim, approve, reverse and redeem in a day's first half-hour."""
    community = freeze_year(db.session())
    on = (LATE + timedelta(hours=8)).date()
    waits = claimed(community, service_on=on, now=LATE, starts_minute=0, minutes=25)
    with transaction() as session:
        approve(session, [waits.record_id], actor=community.actor("leader"), now=LATE)
    gone = community.logged(community.line(VOLUNTEER, service_on=on, minutes=30), now=LATE)
    with transaction() as session:
        given: dict[str, Any] = {
            "actor": community.actor("organiser"),
            "now": LATE,
            "reason": "误录",
        }
        reverse_record(session, gone.record_ids[0], **given)
    item_id = stocked(community)
    give_points(community, VOLUNTEER, 2 * PRICE)
    redeemed(community, VOLUNTEER, item_id, now=LATE)
    db.session.remove()
    return community


def say(url: str) -> dict[str, object]:
    """Tell the story and return its digest, its frozen list and what its pages show."""
    app = create_app({**TEST_CONFIG, "DATABASE_URL": url})
    said: dict[str, object] = {"host": time.strftime("%z", time.localtime(LATE.timestamp()))}
    with app.app_context(), time_machine.travel(LATE, tick=False):
        community = tell()
        said["frozen"] = kept_csv(db.session(), standing(community)).decode()
        db.session.remove()
        town = Present(app, community)
        for who, paths in PATHS.items():
            browser = app.test_client() if who == "visitor" else town.browser(who)
            for path in paths:
                answer = browser.get(path, follow_redirects=True)
                said[f"{who} {path}"] = [answer.status_code, _CHANGES.sub("…", answer.text)]
        said["digest"] = audited(url)
    return said


if __name__ == "__main__":
    json.dump(say(os.environ["DATABASE_URL"]), sys.stdout)
