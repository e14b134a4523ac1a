"""What stands in the books about the people and dates concerned, read once in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, fetch_together
from app.clock import today_in
from app.errors import RuleBroken
from app.organisations.queries import inherited_by
from app.organisations.rules import Settings
from app.points.queries import versions_for
from app.points.rules import RuleVersion, version_for
from app.service.calendar import WorkingCalendar
from app.service.operations.lines import DayCount, DayKey, TeamEnded, UnknownTeam
from app.service.rules import (
    Existing,
    counts_as_service_day,
    is_service_day,
    is_service_month,
    is_timely,
)

_ONE_DAY = timedelta(days=1)
_RECORD = """
SELECT id, volunteer_id, team_id, service_on, minutes, starts_minute, content, external_id, state,
  evidence = 'claimed', root_id, organisation_id, colour_id, evidence, part, first_part_id,
  waits_reason, is_guest, is_service_day, earns_points, daily_limit_minutes, points_hundredths,
  recorder_id, recorded_at, corrects_id, batch_id, award_entry_id
FROM service_records
"""
_STANDING = _RECORD + (
    "WHERE volunteer_id IN ?ids AND service_on BETWEEN ? AND ? "
    "AND state IN ('draft', 'submitted', 'approved') ORDER BY id"
)
_BY_EXTERNAL_ID = _RECORD + (
    "WHERE root_id IN ?ids AND external_id IN ?words "
    "AND state IN ('draft', 'submitted', 'approved')"
)
_BY_ID = _RECORD + "WHERE id IN ?ids ORDER BY id"
_BY_BATCH = _RECORD + "WHERE batch_id = ? ORDER BY id"
_SERVICE_DAYS = """
SELECT volunteer_id, service_on, id FROM service_records
WHERE volunteer_id IN ?ids AND service_on BETWEEN ? AND ? AND state = 'approved' AND is_service_day
"""
_REVISION = "SELECT word FROM revisions"
_PLACEMENTS = """
SELECT t.id, t.name, t.organisation_id, p.organisation_id, p.colour_id, p.from_on, p.until_on
FROM teams t JOIN team_placements p ON p.team_id = t.id ORDER BY t.id, p.from_on
"""
_MEMBERS = """
SELECT team_id, volunteer_id, from_on, until_on FROM memberships
WHERE volunteer_id IN ?ids AND team_id IN ?ids
"""
_PEOPLE = "SELECT id, organisation_id, state FROM volunteers WHERE id IN ?ids"
_TREE = "SELECT id, parent_id FROM organisations"

Spans = list[tuple[date, date | None]]


class Kept(NamedTuple):
    """A service record as it stands; its first ten fields are the rules' `Existing`."""

    id: int
    volunteer_id: int
    team_id: int
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    external_id: str | None
    state: str
    is_claim: bool
    root_id: int
    organisation_id: int
    colour_id: int
    evidence: str
    part: int
    first_part_id: int | None
    waits_reason: str | None
    is_guest: bool
    is_service_day: bool
    earns_points: bool
    daily_limit_minutes: int
    points_hundredths: int
    recorder_id: int
    recorded_at: datetime | str
    corrects_id: int | None
    batch_id: int | None
    award_entry_id: int | None

    @property
    def group_id(self) -> int:
        """Both halves of a service across midnight share one fate."""
        return self.first_part_id or self.id

    @property
    def entered_at(self) -> datetime:
        """The instant it was recorded at; SQLite's driver gives it as text in UTC."""
        if isinstance(self.recorded_at, str):
            return datetime.fromisoformat(self.recorded_at).replace(tzinfo=UTC)
        return self.recorded_at

    @property
    def day_key(self) -> DayKey:
        return DayKey(
            self.volunteer_id, self.team_id, self.organisation_id, self.colour_id, self.service_on
        )


def existing(kept: Kept) -> Existing:
    """Return a record as the rules see it."""
    return Existing(*kept[:10])


def kept_of(row: Iterable[Any]) -> Kept:
    """Return a record from its row."""
    kept = Kept._make(row)
    # SQLite's driver gives dates as text.
    return kept._replace(service_on=day_of(kept.service_on))


def records_asked(volunteer_ids: list[int], first_on: date, last_on: date) -> tuple[Any, ...]:
    """Return the query of `records_standing`, for a caller with more to ask; see `kept_of`."""
    return _STANDING, volunteer_ids, first_on, last_on


def records_standing(
    session: Session, volunteer_ids: Iterable[int], first_on: date, last_on: date
) -> list[Kept]:
    """Return the draft, submitted and approved records of these people between two dates."""
    wanted = sorted(set(volunteer_ids))
    (rows,) = fetch_together(session, records_asked(wanted, first_on, last_on))
    return [kept_of(row) for row in rows]


def records_by_id(session: Session, record_ids: Iterable[int]) -> list[Kept]:
    """Return records by id, lowest first."""
    return [kept_of(row) for row in fetch(session, _BY_ID, sorted(set(record_ids)))]


def records_of_batch(session: Session, batch_id: int) -> list[Kept]:
    """Return the records of a batch, lowest id first."""
    return [kept_of(row) for row in fetch(session, _BY_BATCH, batch_id)]


def groups_of(session: Session, record_ids: Iterable[int]) -> list[Kept]:
    """Return records by id, and with each half of a service across midnight the other half."""
    found = records_by_id(session, record_ids)
    halves = [record for record in found if record.first_part_id is not None]
    if not halves:
        return found
    near = records_standing(
        session,
        (half.volunteer_id for half in halves),
        min(half.service_on for half in halves) - _ONE_DAY,
        max(half.service_on for half in halves) + _ONE_DAY,
    )
    wanted = {half.first_part_id for half in halves}
    more = {record.id: record for record in near if record.first_part_id in wanted}
    more.update({record.id: record for record in found})
    return [more[each] for each in sorted(more)]


@dataclass(frozen=True, slots=True)
class Ground:
    """What a team's date decides for every line on it."""

    team_id: int
    service_on: date
    root_id: int
    # The organisation and colour the team had on that date.
    organisation_id: int
    colour_id: int
    # The organisation it belongs to today, which decides who may enter and approve.
    team_organisation_id: int
    team_name: str
    settings: Settings
    today: date
    version: RuleVersion
    is_timely: bool
    may_be_service_day: bool
    is_service_month: bool
    substitutes: Mapping[tuple[int, int], date]


class _House(NamedTuple):
    """What an organisation decides, whatever the date."""

    settings: Settings
    calendar: WorkingCalendar
    substitutes: Mapping[tuple[int, int], date]
    versions: tuple[RuleVersion, ...]


class _Placement(NamedTuple):
    team_name: str
    team_organisation_id: int
    organisation_id: int
    colour_id: int
    from_on: date
    until_on: date | None


def grounds_asked(
    team_ids: Iterable[int], volunteer_ids: Iterable[int]
) -> tuple[tuple[Any, ...], ...]:
    """Return the queries whose answers `Grounds` takes, for a caller with more to ask."""
    teams, people = sorted(set(team_ids)), sorted(set(volunteer_ids))
    return (_REVISION,), (_PEOPLE, people), (_MEMBERS, people, teams)


class Grounds:
    """The grounds of some teams, each made when it is first asked for."""

    def __init__(
        self,
        session: Session,
        team_ids: Iterable[int],
        now: datetime,
        *,
        volunteer_ids: Iterable[int] = (),
        read: Sequence[Sequence[Any]] | None = None,
    ) -> None:
        """Read the grounds; `read` are the answers to `grounds_asked`, where they came already."""
        wanted = sorted(set(team_ids))
        if read is None:
            read = fetch_together(session, *grounds_asked(wanted, volunteer_ids))
        revision, persons, members = read
        self._session = session
        self._now = now
        self._made: dict[tuple[int, date], Ground] = {}
        self._known = _known_at(session, revision[0][0] if revision else None)
        self._placements = {
            team_id: self._known.placements[team_id]
            for team_id in wanted
            if team_id in self._known.placements
        }
        self.tree = self._known.tree
        # Of the volunteers asked for: what has to be known of them, and their membership spans.
        self.people = _people(persons)
        self.members = _members(members)

    def of(self, team_id: int, service_on: date) -> Ground:
        """Return the ground of a team's date, or refuse a team that had ended."""
        key = (team_id, service_on)
        ground = self._made.get(key)
        if ground is None:
            ground = self._made[key] = self._make(team_id, service_on)
        return ground

    def root_of(self, organisation_id: int) -> int:
        """Return the root above an organisation."""
        parent_id = self.tree[organisation_id]
        while parent_id is not None:
            organisation_id, parent_id = parent_id, self.tree[parent_id]
        return organisation_id

    def team_organisations(self) -> set[int]:
        """Return every organisation the teams ever belonged to."""
        return {
            placement.organisation_id
            for placements in self._placements.values()
            for placement in placements
        }

    def team_organisation_of(self, team_id: int) -> int | None:
        """Return the organisation a team belongs to today."""
        placements = self._placements.get(team_id)
        return placements[0].team_organisation_id if placements else None

    def may_be_service_day(self, team_id: int, on: date) -> bool:
        """Say whether a date may count as service day for a team; a team unknown has none."""
        try:
            return self.of(team_id, on).may_be_service_day
        except RuleBroken:
            return False

    def calendar_of(self, organisation_id: int) -> WorkingCalendar:
        """Return the working days of an organisation."""
        return self._house(organisation_id).calendar

    def _make(self, team_id: int, service_on: date) -> Ground:
        placed = self._placed(team_id, service_on)
        house = self._house(placed.organisation_id)
        settings = house.settings
        today = today_in(settings.time_zone, self._now)
        return Ground(
            team_id=team_id,
            service_on=service_on,
            root_id=self.root_of(placed.organisation_id),
            organisation_id=placed.organisation_id,
            colour_id=placed.colour_id,
            team_organisation_id=placed.team_organisation_id,
            team_name=placed.team_name,
            settings=settings,
            today=today,
            version=version_for(house.versions, service_on),
            is_timely=service_on > today
            or is_timely(
                service_on,
                today,
                calendar=house.calendar,
                working_days=settings.timely_working_days,
            ),
            may_be_service_day=is_service_day(service_on, house.substitutes, settings.service_day),
            is_service_month=is_service_month(service_on, settings.service_month),
            substitutes=house.substitutes,
        )

    def _placed(self, team_id: int, service_on: date) -> _Placement:
        """Return where the team stood: before its first placement, as in it."""
        placements = self._placements.get(team_id)
        if not placements:
            raise UnknownTeam
        last = placements[0]
        for placement in placements:
            if placement.from_on <= service_on:
                last = placement
        if last.until_on is not None and last.until_on < service_on:
            raise TeamEnded(team=last.team_name, service_on=service_on)
        return last

    def _house(self, organisation_id: int) -> _House:
        house = self._known.houses.get(organisation_id)
        if house is None:
            settings, calendar, substitutes = inherited_by(self._session, organisation_id)
            house = self._known.houses[organisation_id] = _House(
                settings,
                WorkingCalendar(calendar),
                substitutes,
                versions_for(self._session, organisation_id),
            )
        return house


@dataclass(frozen=True, slots=True)
class _Known:
    """What was read of the organisations while the revision bore this word."""

    word: str | None
    tree: Mapping[int, int | None]
    placements: Mapping[int, list[_Placement]]
    # Filled as they are asked for.
    houses: dict[int, _House] = field(default_factory=dict)


_known: WeakKeyDictionary[Any, _Known] = WeakKeyDictionary()


def _known_at(session: Session, word: str | None) -> _Known:
    """Return what is known at a revision: kept from the last time, or read anew."""
    engine = session.get_bind()
    known = _known.get(engine)
    if known is None or word is None or known.word != word:
        placements, tree = fetch_together(session, (_PLACEMENTS,), (_TREE,))
        known = _known[engine] = _Known(
            word, {row[0]: row[1] for row in tree}, _placements(placements)
        )
    return known


def _placements(rows: Iterable[Any]) -> dict[int, list[_Placement]]:
    found: dict[int, list[_Placement]] = {}
    for team_id, name, today_in_id, organisation_id, colour_id, from_on, until_on in rows:
        until = None if until_on is None else day_of(until_on)
        placed = _Placement(name, today_in_id, organisation_id, colour_id, day_of(from_on), until)
        found.setdefault(team_id, []).append(placed)
    return found


@dataclass
class Standing:
    """The records judged against, which grow as lines are accepted."""

    days: dict[tuple[int, date], list[Existing]] = field(default_factory=dict)
    # Approved dates that count as service day, by person and month: each with its records.
    service_days: dict[tuple[int, int, int], dict[date, set[int]]] = field(default_factory=dict)
    externals: dict[tuple[int, str], dict[int, Existing]] = field(default_factory=dict)
    counts: dict[DayKey, DayCount] = field(default_factory=dict)

    def add(self, record: Existing) -> None:
        """Let a record fill its day from here on."""
        self.days.setdefault((record.volunteer_id, record.service_on), []).append(record)

    def add_service_day(self, volunteer_id: int, on: date, record_id: int) -> None:
        """Remember which date stands as the person's service day of that month."""
        month = self.service_days.setdefault((volunteer_id, on.year, on.month), {})
        month.setdefault(on, set()).add(record_id)

    def counts_as_service_day(
        self, volunteer_id: int, ground: Ground, without: frozenset[int] = frozenset()
    ) -> bool:
        """Say whether this date counts: at most one does per person and month."""
        if not ground.may_be_service_day:
            return False
        on = ground.service_on
        month = self.service_days.get((volunteer_id, on.year, on.month), {})
        taken = [day for day, record_ids in month.items() if record_ids - without]
        return counts_as_service_day(on, taken, ground.substitutes, ground.settings.service_day)


def standing_of(
    session: Session,
    volunteer_ids: list[int],
    dates: Iterable[date],
    *,
    service_days: bool,
    records: Sequence[Kept] | None = None,
) -> Standing:
    """Return what stands about these people on these dates.

    `service_days`: one of the dates may count as service day, so its month is looked at too.
    `records`: those standing on these dates, where they have been read under the same locks.
    """
    standing = Standing()
    wanted = set(dates)
    if not wanted or not volunteer_ids:
        return standing
    first_on, last_on = min(wanted), max(wanted)
    if records is None:
        records = records_standing(session, volunteer_ids, first_on, last_on)
    for kept in records:
        _take_in(standing, kept)
    if service_days:
        first, last = first_on.replace(day=1), _month_end(last_on)
        for volunteer_id, on, record_id in fetch(
            session, _SERVICE_DAYS, volunteer_ids, first, last
        ):
            standing.add_service_day(volunteer_id, day_of(on), record_id)
    return standing


def _take_in(standing: Standing, kept: Kept) -> None:
    # A proposed correction takes no room: the record it corrects still fills the day.
    if not (kept.corrects_id is not None and kept.state == "submitted"):
        standing.add(existing(kept))
    if kept.state == "approved":
        before = standing.counts.get(kept.day_key, DayCount())
        standing.counts[kept.day_key] = DayCount(
            before.records + 1, before.service_days + bool(kept.is_service_day)
        )


def _month_end(on: date) -> date:
    if (on.year, on.month) == (date.max.year, 12):
        return date.max
    return (on.replace(day=28) + timedelta(days=4)).replace(day=1) - _ONE_DAY


def read_externals(
    session: Session, standing: Standing, root_ids: list[int], external_ids: list[str]
) -> None:
    """Add the records that bear one of these external ids, by their part."""
    if not external_ids:
        return
    for row in fetch(session, _BY_EXTERNAL_ID, root_ids, external_ids):
        kept = kept_of(row)
        parts = standing.externals.setdefault((kept.root_id, str(kept.external_id)), {})
        parts[kept.part] = existing(kept)


def members_of(
    session: Session, volunteer_ids: list[int], team_ids: list[int]
) -> dict[tuple[int, int], Spans]:
    """Return the membership spans by team and person."""
    return _members(fetch(session, _MEMBERS, volunteer_ids, team_ids))


def _members(rows: Iterable[Any]) -> dict[tuple[int, int], Spans]:
    found: dict[tuple[int, int], Spans] = {}
    for team_id, volunteer_id, from_on, until_on in rows:
        until = None if until_on is None else day_of(until_on)
        found.setdefault((team_id, volunteer_id), []).append((day_of(from_on), until))
    return found


class Person(NamedTuple):
    """What has to be known of a volunteer to judge their lines."""

    organisation_id: int
    is_proposed: bool


def people_of(session: Session, volunteer_ids: list[int]) -> dict[int, Person]:
    """Return the volunteers by id."""
    return _people(fetch(session, _PEOPLE, volunteer_ids))


def _people(rows: Iterable[Any]) -> dict[int, Person]:
    return {
        volunteer_id: Person(organisation_id, state == "proposed")
        for volunteer_id, organisation_id, state in rows
    }
