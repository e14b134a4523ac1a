"""What the demo's teams did in the year before a date. Pure data, no database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo

from app.demo.people import SEED, TEAMS, Resident

ZONE = ZoneInfo("Asia/Shanghai")
SERVICE_DAY = 28
SERVICE_MONTH = 3
MONTHS = 12
SATURDAY = 5
MORNING_MINUTE = 8 * 60 + 30
AFTERNOON_MINUTE = 14 * 60
# Two pairs who always come together: they share their places in every ranking.
COMPANIONS: Mapping[int, int] = {25: 11, 47: 33}


class Work(NamedTuple):
    """What a team does: on the service day, on other days, where, and how long as a rule."""

    service_day: str
    others: tuple[str, ...]
    place: str
    usual_minutes: int


WORK: Mapping[str, Work] = {
    "red": Work("走访高龄和独居老人", ("为困难家庭送米油", "陪老人理发洗衣"), "社区服务中心", 150),
    "orange": Work("小学生课业辅导", ("周末阅读角", "暑期安全课"), "青少年活动室", 120),
    "yellow": Work("小区治安巡逻", ("夜间巡逻", "电动车充电检查"), "警务室", 180),
    "green": Work("清洁楼道和绿地", ("垃圾分类引导", "认养树木浇水"), "中心花园", 150),
    "cyan": Work("法律咨询台", ("邻里纠纷调解", "防诈骗宣讲"), "议事厅", 120),
    "blue": Work("家电义务维修", ("水电安全检查", "为老人修小家电"), "便民服务点", 180),
    "purple": Work("测血压和健康咨询", ("健康讲座", "陪同就医"), "卫生服务站", 150),
}


class Attendance(NamedTuple):
    """One person on one day; `who` is their place among the residents."""

    who: int
    minutes: int


class TeamDay(NamedTuple):
    """One day of one team, as its leader enters it that evening."""

    team: str
    service_on: date
    entered_at: datetime
    content: str
    place: str
    starts_minute: int | None
    is_signed_in: bool
    present: tuple[Attendance, ...]


def first_day(today: date) -> date:
    """Return where the year begins: the first of the month twelve months ago."""
    months = today.year * 12 + today.month - 1 - MONTHS
    return date(months // 12, months % 12 + 1, 1)


def team_days(people: Sequence[Resident], now: datetime) -> list[TeamDay]:
    """Return every team's days of the year, in the order in which they were entered."""
    chance = Random(SEED)
    today = now.astimezone(ZONE).date()
    found = [
        _team_day(team, on, people, chance)
        for on in _days(first_day(today), today)
        for team in _teams_on(on, chance)
    ]
    # Evenings of today still lie ahead.
    past = [day for day in found if day.present and day.entered_at < now]
    return sorted(past, key=lambda day: day.entered_at)


def _days(start: date, end: date) -> Iterator[date]:
    for offset in range((end - start).days + 1):
        yield start + timedelta(days=offset)


def _teams_on(on: date, chance: Random) -> tuple[str, ...]:
    """Return who serves on a date: all on a service day, most on a Saturday."""
    if on.day == SERVICE_DAY:
        return TEAMS
    if on.weekday() != SATURDAY:
        return ()
    return tuple(chance.sample(TEAMS, 7 if on.month == SERVICE_MONTH else 5))


def _team_day(team: str, on: date, people: Sequence[Resident], chance: Random) -> TeamDay:
    work, is_service_day = WORK[team], on.day == SERVICE_DAY
    begins = MORNING_MINUTE if is_service_day else AFTERNOON_MINUTE
    evening = datetime.combine(on, time(18, 0), ZONE)
    return TeamDay(
        team=team,
        service_on=on,
        entered_at=evening + timedelta(minutes=17 * TEAMS.index(team)),
        content=work.service_day if is_service_day else chance.choice(work.others),
        place=work.place,
        starts_minute=begins if is_service_day else None,
        is_signed_in=is_service_day and on.month % 2 == 0,
        present=tuple(_present(team, people, work.usual_minutes, is_service_day, chance)),
    )


def _present(
    team: str, people: Sequence[Resident], usual: int, is_service_day: bool, chance: Random
) -> Iterator[Attendance]:
    """Yield who came. One who belongs to two teams serves with the first on a service day."""
    minutes: dict[int, int] = {}
    for who, person in enumerate(people):
        if team not in person.teams or (is_service_day and person.teams[0] != team):
            continue
        likely = person.reliability if is_service_day else person.reliability // 2
        comes = chance.randrange(100) < likely
        stays = chance.choice((usual, usual, usual, usual - 30, usual + 30))
        if who in COMPANIONS:
            comes, stays = COMPANIONS[who] in minutes, minutes.get(COMPANIONS[who], 0)
        if comes:
            minutes[who] = stays
            yield Attendance(who, stays)
