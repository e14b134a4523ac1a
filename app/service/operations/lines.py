"""What is handed in, what was judged of it, and what will be written: the shapes of an entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, NamedTuple

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.ledger.operations import Held

# A claimant enters what they, or somebody they act for, served: never approved by that.
EntersAs = Literal["leader", "organiser", "claimant"]
Evidence = Literal["signed_in", "entered", "imported", "claimed"]
Status = Literal["approved", "waiting", "repeat", "refused"]

# A record judged but not yet written bears an id above all real ones: its place in the plan.
PROVISIONAL = 1 << 60


class UnknownVolunteer(NotFound):
    """No volunteer of the team's tree has this id."""

    code = "unknown_volunteer"
    message = N_("There is no such volunteer in this community.")


class JoinedPerson(NotFound):
    """The number became another's since the form was opened."""

    code = "unknown_volunteer"
    message = N_("This number was joined with another one of the same person. Enter it there.")


class UnknownTeam(NotFound):
    """No team has this id."""

    code = "unknown_team"
    message = N_("There is no such team.")


class TeamEnded(RuleBroken):
    """The team had been dissolved by that date."""

    code = "unknown_team"
    message = N_("The team %(team)s no longer existed on %(service_on)s.")


class NotYourTeam(NotAllowed):
    """The actor neither leads the team nor organises above it."""

    message = N_("You may not enter service for the team %(team)s.")


class KeptRefusal(RuleBroken):
    """A refusal given before and remembered under the request's key."""

    def __init__(self, *, kept_code: str, kept_message: str, **figures: Any) -> None:
        super().__init__(**figures)
        self.__dict__["code"] = kept_code
        self.__dict__["message"] = kept_message


class Line(NamedTuple):
    """One person's service as handed in; one that crosses midnight becomes two records."""

    volunteer_id: int
    team_id: int
    service_on: date
    minutes: int
    starts_minute: int | None = None
    content: str = ""
    place: str | None = None
    note: str | None = None
    external_id: str | None = None
    # The person said that an identical record is no repeat (only without a start time).
    keep_both: bool = False
    # Proposed on this very form: an organiser confirms the person first.
    is_new_person: bool = False
    # What this line rests on, where it is not what the whole entry rests on.
    evidence: Evidence | None = None
    # The activity whose closing hands it in.
    activity_id: int | None = None


class Outcome(NamedTuple):
    """What became of a line, or would.

    `record_ids`: the records made, or the ones it repeats. `collides_with`: the place in the
    plan of the earlier line it repeats or collides with, if that is what it met.
    """

    status: Status
    record_ids: tuple[int, ...] = ()
    waits_reason: str | None = None
    refusal: RuleBroken | None = None
    minutes: int = 0
    points_hundredths: int = 0
    is_guest: bool = False
    collides_with: int | None = None


class PlannedRecord(NamedTuple):
    """One record to be written."""

    root_id: int
    volunteer_id: int
    team_id: int
    organisation_id: int
    colour_id: int
    service_on: date
    minutes: int
    starts_minute: int | None
    content: str
    place: str | None
    note: str | None
    evidence: str
    external_id: str | None
    part: int
    # How many places before this one the first half stands; None when there is one part only.
    first_part_back: int | None
    is_approved: bool
    waits_reason: str | None
    is_guest: bool
    is_service_day: bool
    is_service_month: bool
    earns_points: bool
    daily_limit_minutes: int
    points_hundredths: int
    rule_version_id: int
    reason: str | None
    activity_id: int | None


class DayKey(NamedTuple):
    """One person's date within one row of the kept totals."""

    volunteer_id: int
    team_id: int
    organisation_id: int
    colour_id: int
    service_on: date


class DayCount(NamedTuple):
    """How many approved records a date has, and how many of them count as on a service day."""

    records: int = 0
    service_days: int = 0


@dataclass
class Plan:
    """All lines judged in order, and what carrying them out will write."""

    lines: list[Line]
    outcomes: list[Outcome] = field(default_factory=list)
    records: list[PlannedRecord] = field(default_factory=list)
    # The place of the line each record came from.
    owners: list[int] = field(default_factory=list)
    # Claims of those people, teams and dates, which the entry settles: id and state.
    settles: dict[int, str] = field(default_factory=dict)
    held: Mapping[int, Held] = field(default_factory=dict)
    days_before: Mapping[DayKey, DayCount] = field(default_factory=dict)
    # The parent of each organisation.
    tree: Mapping[int, int | None] = field(default_factory=dict)
    # The transaction whose locks it was judged under; None for a preview.
    locked_in: object = None

    def count(self, status: Status) -> int:
        """Return how many lines had this outcome."""
        return sum(1 for outcome in self.outcomes if outcome.status == status)

    @property
    def created(self) -> int:
        """Return how many lines make records, approved or waiting."""
        return self.count("approved") + self.count("waiting")
