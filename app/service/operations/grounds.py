"""What a team's date decides for every line on it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from app.bulk import fetch, fetch_together
from app.clock import today_in
from app.errors import RuleBroken
from app.organisations.calendar import WorkingCalendar
from app.organisations.queries import inherited_by
from app.organisations.rules import Settings, line_above
from app.points.queries import versions_for
from app.points.rules import RuleVersion, version_for
from app.service.operations.known import House, Placement, known_at
from app.service.operations.lines import TeamEnded, UnknownTeam
from app.service.operations.people import MEMBERS, PEOPLE, members_from, people_from
from app.service.rules import (
    is_service_day,
    is_service_month,
    is_timely,
)

_REVISION = "SELECT word FROM revisions"


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


def grounds_asked(
    team_ids: Iterable[int], volunteer_ids: Iterable[int]
) -> tuple[tuple[Any, ...], ...]:
    """Return the queries whose answers `Grounds` takes, for a caller with more to ask."""
    teams, people = sorted(set(team_ids)), sorted(set(volunteer_ids))
    return (_REVISION,), (PEOPLE, people), (MEMBERS, people, teams)


def kept_grounds(session: Session, now: datetime) -> Grounds:
    """Return what is kept of the organisations, asked with one statement while nothing changed."""
    return Grounds(session, (), now, read=(fetch(session, _REVISION), (), ()))


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
        self._known = known_at(session, revision[0][0] if revision else None)
        self._placements = {
            team_id: self._known.placements[team_id]
            for team_id in wanted
            if team_id in self._known.placements
        }
        self.tree = self._known.tree
        # Of the volunteers asked for: what has to be known of them, and their membership spans.
        self.people = people_from(persons)
        self.members = members_from(members)

    def of(self, team_id: int, service_on: date) -> Ground:
        """Return the ground of a team's date, or refuse a team that had ended."""
        key = (team_id, service_on)
        ground = self._made.get(key)
        if ground is None:
            ground = self._made[key] = self._make(team_id, service_on)
        return ground

    def root_of(self, organisation_id: int) -> int:
        """Return the root above an organisation."""
        return line_above(self.tree, organisation_id)[-1]

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

    def settings_of(self, organisation_id: int) -> Settings:
        """Return the settings of an organisation."""
        return self._house(organisation_id).settings

    def house_of(self, organisation_id: int) -> House:
        """Return all that an organisation decides."""
        return self._house(organisation_id)

    def tree_around(self, organisation_id: int) -> list[int]:
        """Return every organisation of the tree that one stands in."""
        root_id = self.root_of(organisation_id)
        return [each for each in self.tree if self.root_of(each) == root_id]

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

    def _placed(self, team_id: int, service_on: date) -> Placement:
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

    def _house(self, organisation_id: int) -> House:
        house = self._known.houses.get(organisation_id)
        if house is None:
            settings, calendar, substitutes = inherited_by(self._session, organisation_id)
            house = self._known.houses[organisation_id] = House(
                settings,
                WorkingCalendar(calendar),
                substitutes,
                versions_for(self._session, organisation_id),
            )
        return house
