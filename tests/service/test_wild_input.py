"""No input of these pages ends in a failure: whatever is sent, an answer below 500."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.service.community import SERVICE_DAY
from tests.service.conftest import Town

WILD = (
    "",
    " ",
    "-1",
    "0",
    "1e999",
    "NaN",
    "sNaN",
    "Infinity",
    "１２０",
    "1_000",
    "9" * 400,
    "2.5",
    "٣",
    "½",
    "\u202e\u0000x",
    "\ud7ff\ufffd",
    "𠮷" * 50,
    "x" * 5000,
    "%s%(x)s%",
    "{{7*7}}",
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "../../etc/passwd",
    "2026-02-30",
    "9999-12-31",
    "0001-01-01",
    "24:00",
    "08:30",
    "other",
    "record",
    "1",
    "9223372036854775807",
    "9223372036854775808",
)
FIELDS = (
    "do",
    "key",
    "service_on",
    "on",
    "hours",
    "proposed",
    "starts",
    "ends",
    "next_day",
    "content",
    "place",
    "note",
    "present",
    "guest",
    "keep",
    "add",
    "find",
    "find_guest",
    "over_limit_reason",
    "friend_name-0",
    "friend_tail-0",
    "friend_hours-0",
    "friend_name-7",
    "friend_tail-7",
    "record",
    "reason",
    "team",
)


def wild_form(dice: random.Random, town: Town) -> dict[str, Any]:
    """Return a form in which some fields are as they should be and others are anything."""
    form: dict[str, Any] = {
        "do": "record",
        "key": str(dice.random()),
        "service_on": SERVICE_DAY.isoformat(),
        "hours": "2",
        "present": [str(town.people[3])],
    }
    for name in dice.sample(FIELDS, dice.randint(1, 6)):
        form[name] = [dice.choice(WILD) for _ in range(dice.choice((1, 1, 1, 3)))]
    form[f"hours-{town.people[3]}"] = dice.choice(WILD)
    return form


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_sent_is_answered(town: Town, seed: int) -> None:
    dice = random.Random(seed)
    record = town.community.logged(town.community.line(3, 60)).record_ids[0]
    waiting = town.community.logged(town.community.line(0, 60)).record_ids[0]
    client = town.browser("organiser")
    paths = (
        "/log/TX-red",
        "/log/TX-red",
        "/waiting",
        f"/records/{record}/correct",
        f"/records/{record}/reverse",
        f"/records/{waiting}/send-back",
        f"/records/{waiting}/welcome",
        "/log/1/undo",
    )
    for _ in range(40):
        path, form = dice.choice(paths), wild_form(dice, town)
        status = client.post(path, data=form).status_code
        assert status < 500, (path, form)


@pytest.mark.parametrize("text", WILD)
def test_whatever_stands_in_an_address_is_answered(town: Town, text: str) -> None:
    client = town.browser("organiser")
    for path in ("/log", "/log/TX-red", "/waiting"):
        answer = client.get(path, query_string={"on": text, "page": text, "find": text})
        assert answer.status_code < 500
    for part in ("log", "records"):
        # What would be another address is none of ours to answer.
        safe = text.replace("/", "").replace(".", "") or "x"
        assert client.get(f"/{part}/{safe}").status_code < 500
