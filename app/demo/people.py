"""Who lives in the demo community: given names of the 24 solar terms, common surnames.

Made from a fixed seed, so that it is the same community each time. Pure data, no database.
"""

from __future__ import annotations

from datetime import date
from random import Random
from typing import NamedTuple

COMMUNITY = "七彩示范社区"
CODE = "QC"
SEED = 24
TERMS = (
    "立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至", "小暑", "大暑",
    "立秋", "处暑", "白露", "秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至", "小寒", "大寒",
)  # fmt: skip
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋"
ROUNDS = 3
TEAMS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple")
ORGANISER = "林清和"
AUDITOR = "顾小寒"


class Resident(NamedTuple):
    """One volunteer as the demo makes them; `reliability` is how many of 100 days they come."""

    name: str
    kind: str
    sex: str
    born_on: date
    phone: str | None
    teams: tuple[str, ...]
    is_leader: bool
    reliability: int
    is_named: bool


def residents() -> list[Resident]:
    """Return everybody, the leaders of the seven teams first."""
    chance = Random(SEED)
    return [_resident(place, chance) for place in range(ROUNDS * len(TERMS))]


def _resident(place: int, chance: Random) -> Resident:
    team = place % len(TEAMS)
    # Seven lead from the start; three of the seven who follow help them.
    is_leader = place < len(TEAMS) or place in (7, 10, 13)
    teams = [TEAMS[team]]
    if place >= 14 and place % 6 == 0:
        teams.append(TEAMS[(team + 2) % len(TEAMS)])
    return Resident(
        name=_name(place),
        kind="party" if place % 7 == 3 else "social" if place % 17 == 5 else "resident",
        sex=chance.choice(("female", "male")),
        born_on=date(chance.randint(1948, 2006), chance.randint(1, 12), chance.randint(1, 28)),
        # An elder or two has none.
        phone=None if place % 31 == 30 else f"1990000{place + 1:04}",
        teams=tuple(teams),
        is_leader=is_leader,
        reliability=90 if is_leader else chance.choice((35, 50, 60, 70, 80, 90)),
        is_named=place % 4 == 0,
    )


def _name(place: int) -> str:
    turn, term = divmod(place, len(TERMS))
    return SURNAMES[(5 * term + 7 * turn) % len(SURNAMES)] + TERMS[term]
