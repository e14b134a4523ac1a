"""Judge all lines of an entry in order, against records read once under the people's locks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import fetch, fetch_together
from app.db import is_postgresql
from app.errors import RuleBroken
from app.ledger.operations import Held, lock_holders, lock_holders_and_ask, open_accounts
from app.points.rules import points_of, terms_for
from app.service.operations.lines import (
    PROVISIONAL,
    EntersAs,
    Evidence,
    Line,
    NotYourTeam,
    Outcome,
    Plan,
    PlannedRecord,
    UnknownVolunteer,
)
from app.service.operations.standing import (
    Ground,
    Grounds,
    Kept,
    Person,
    Spans,
    Standing,
    grounds_asked,
    kept_of,
    read_externals,
    records_asked,
    standing_of,
)
from app.service.rules import (
    COUNTED_STATES,
    DAY_MINUTES,
    PENDING_STATES,
    Candidate,
    Conflict,
    Existing,
    FutureDate,
    Judgement,
    Overlap,
    Part,
    Route,
    claims_settled_by,
    format_time,
    judge,
    limit_refusal,
    route_entry,
    split_at_midnight,
)
from app.teams.rules import Actor, OwnRecord, member_on, refuse_opened

_ONE_DAY = timedelta(days=1)

_EXTERNAL_LOCK = "SELECT pg_advisory_xact_lock(7105, ?)"


def plan_lines(
    session: Session,
    lines: Sequence[Line],
    *,
    actor: Actor,
    enters_as: EntersAs | None,
    evidence: Evidence,
    now: datetime,
    over_limit_reason: str | None = None,
    own_rows: Literal["wait", "refuse"] = "wait",
    once_a_day: bool = False,
    locked: Locked | None = None,
) -> Plan:
    """Judge lines in order; inside transaction() the people are locked first.

    Outside it is a preview, which cannot be carried out. An organiser's line over the daily
    limit is refused unless `over_limit_reason` is given; a leader's waits. `own_rows`: an
    import refuses an organiser's own rows, a page lets them wait for somebody else.
    `enters_as` None: as organiser of the teams they stand above, as leader of the others.
    `locked`: what `lock_and_read` gave for these very lines, where the caller has called it.
    """
    is_locked = bool(session.info.get("in_transaction"))
    read = locked or _read(session, lines, now, is_locked=is_locked)
    grounds = read.grounds
    standing = _read_standing(session, lines, read, is_locked=is_locked)
    judging = _Judging(
        plan=Plan(
            lines=list(lines),
            held=read.held,
            days_before=dict(standing.counts),
            locked_in=session.get_transaction() if is_locked else None,
        ),
        standing=standing,
        grounds=grounds,
        people=grounds.people,
        members=grounds.members,
        actor=actor,
        enters_as=enters_as,
        evidence=evidence,
        over_limit_reason=over_limit_reason,
        own_rows=own_rows,
        once_a_day=once_a_day,
    )
    for place, line in enumerate(lines):
        judging.take(place, line)
    return judging.plan


def lock_people(session: Session, volunteer_ids: Iterable[int]) -> dict[int, Held]:
    """Hold the people's accounts until the commit: whoever judges their days stands in line."""
    return lock_holders(session, volunteer_ids)


class Locked(NamedTuple):
    """What some lines are judged by, read behind the locks of their people."""

    held: Mapping[int, Held]
    grounds: Grounds
    records: Sequence[Kept]


def lock_and_read(
    session: Session, lines: Sequence[Line], now: datetime, *queries: tuple[Any, ...]
) -> tuple[Locked, list[Sequence[Any]]]:
    """Lock the people of some lines, then read what is asked and what judges them: one trip."""
    asked = _asked(lines)
    held, answers = lock_holders_and_ask(session, _people_of(lines), *queries, *asked)
    grounds, records = _heard(session, lines, now, answers[len(queries) :])
    locked = Locked(held, grounds, records)
    if len(held) < len(grounds.people):
        _open_missing(session, locked)
        locked, _ = lock_and_read(session, lines, now)
    return locked, answers[: len(queries)]


def _read(session: Session, lines: Sequence[Line], now: datetime, *, is_locked: bool) -> Locked:
    if is_locked:
        return lock_and_read(session, lines, now)[0]
    answers = fetch_together(session, *_asked(lines))
    return Locked({}, *_heard(session, lines, now, answers))


def _asked(lines: Sequence[Line]) -> list[tuple[Any, ...]]:
    people = _people_of(lines)
    grounds = grounds_asked({line.team_id for line in lines}, people)
    dates = {on for _team_id, on in _days_of(lines)}
    return [*grounds, records_asked(people, min(dates), max(dates))] if dates else [*grounds]


def _heard(
    session: Session, lines: Sequence[Line], now: datetime, answers: Sequence[Sequence[Any]]
) -> tuple[Grounds, list[Kept]]:
    """Return the grounds and the standing records of some lines from the answers to `_asked`."""
    *about_grounds, rows = answers if lines else [*answers, ()]
    grounds = Grounds(session, {line.team_id for line in lines}, now, read=about_grounds)
    return grounds, [kept_of(row) for row in rows]


def _people_of(lines: Iterable[Line]) -> list[int]:
    return sorted({line.volunteer_id for line in lines})


def _days_of(lines: Iterable[Line]) -> set[tuple[int, date]]:
    """Return the teams' dates the lines fall on."""
    days = set()
    for line in lines:
        days.add((line.team_id, line.service_on))
        if _crosses_midnight(line):
            days.add((line.team_id, line.service_on + _ONE_DAY))
    return days


def _open_missing(session: Session, locked: Locked) -> None:
    """Open the accounts of people who have none yet."""
    missing: dict[int, list[int]] = {}
    for volunteer_id, person in locked.grounds.people.items():
        if volunteer_id not in locked.held:
            root_id = locked.grounds.root_of(person.organisation_id)
            missing.setdefault(root_id, []).append(volunteer_id)
    for root_id, holder_ids in sorted(missing.items()):
        open_accounts(session, root_id=root_id, holder_ids=holder_ids)


def _read_standing(
    session: Session, lines: Sequence[Line], read: Locked, *, is_locked: bool
) -> Standing:
    """Take in the days the lines fall on, and the records that bear their external ids."""
    grounds, days = read.grounds, _days_of(lines)
    near = any(grounds.may_be_service_day(team_id, on) for team_id, on in days)
    standing = standing_of(
        session,
        _people_of(lines),
        {on for _team_id, on in days},
        service_days=near,
        records=read.records,
    )
    external_ids = sorted({line.external_id for line in lines if line.external_id is not None})
    if external_ids:
        roots = sorted({grounds.root_of(each) for each in grounds.team_organisations()})
        if is_locked and is_postgresql(session):
            # Two people's lines may bear one id; their own locks would not see that.
            for root_id in roots:
                fetch(session, _EXTERNAL_LOCK, root_id)
        read_externals(session, standing, roots, external_ids)
    return standing


def _crosses_midnight(line: Line) -> bool:
    if line.service_on == date.max:
        return False
    return line.starts_minute is not None and line.starts_minute + line.minutes > DAY_MINUTES


class _Judging:
    """One pass over the lines; what is accepted counts for the lines after it."""

    def __init__(
        self,
        *,
        plan: Plan,
        standing: Standing,
        grounds: Grounds,
        people: Mapping[int, Person],
        members: Mapping[tuple[int, int], Spans],
        actor: Actor,
        enters_as: EntersAs | None,
        evidence: Evidence,
        over_limit_reason: str | None,
        own_rows: Literal["wait", "refuse"],
        once_a_day: bool,
    ) -> None:
        self.plan = plan
        self.standing = standing
        self.grounds = grounds
        self.people = people
        self.members = members
        self.actor = actor
        self.enters_as = enters_as
        self.evidence = evidence
        self.over_limit_reason = over_limit_reason
        self.own_rows = own_rows
        self.once_a_day = once_a_day

    def take(self, place: int, line: Line) -> None:
        """Judge one line and keep its outcome."""
        try:
            outcome = self._judged(place, line)
        except RuleBroken as refusal:
            outcome = self._refused(refusal)
        self.plan.outcomes.append(outcome)

    def _judged(self, place: int, line: Line) -> Outcome:
        ground = self.grounds.of(line.team_id, line.service_on)
        if line.service_on > ground.today:
            raise FutureDate(service_on=line.service_on, today=ground.today)
        parts = split_at_midnight(line.service_on, line.starts_minute, line.minutes)
        grounds = [self.grounds.of(line.team_id, part.service_on) for part in parts]
        person = self._person(line, grounds[0])
        self._check_may_enter(grounds[0])
        candidates = [_candidate(line, part) for part in parts]
        recorded = self._recorded_that_day(line)
        if recorded:
            return self._repeat_of(recorded)
        judgements = self._judge_parts(line, candidates, grounds)
        if judgements[0].outcome == "repeat":
            return self._repeat(judgements)
        route = self._route(line, person, candidates, judgements, grounds)
        return self._accept(place, line, candidates, grounds, route)

    def _person(self, line: Line, ground: Ground) -> Person:
        person = self.people.get(line.volunteer_id)
        if person is None or self.grounds.root_of(person.organisation_id) != ground.root_id:
            raise UnknownVolunteer
        return person

    def _check_may_enter(self, ground: Ground) -> None:
        if self._door(ground) == "leader":
            allowed = ground.team_id in self.actor.leads
        else:
            allowed = ground.team_organisation_id in self.actor.organises
        if not allowed:
            raise NotYourTeam(team=ground.team_name)

    def _door(self, ground: Ground) -> EntersAs:
        """Return as what the actor enters service of this team."""
        if self.enters_as is not None:
            return self.enters_as
        return "organiser" if ground.team_organisation_id in self.actor.organises else "leader"

    def _judge_parts(
        self, line: Line, candidates: Sequence[Candidate], grounds: Sequence[Ground]
    ) -> list[Judgement]:
        held_parts: Mapping[int, Existing] = {}
        if line.external_id is not None:
            key = (grounds[0].root_id, line.external_id)
            held_parts = self.standing.externals.get(key, {})
        judgements = [
            judge(
                candidate,
                self.standing.days.get((candidate.volunteer_id, candidate.service_on), ()),
                today=ground.today,
                daily_limit=ground.settings.daily_limit_minutes,
                hard_limit=ground.settings.hard_limit_minutes,
                held_external=held_parts.get(part),
                keep_both=line.keep_both,
            )
            for part, (candidate, ground) in enumerate(zip(candidates, grounds, strict=True), 1)
        ]
        _check_whole(candidates, judgements, held_parts)
        return judgements

    def _route(
        self,
        line: Line,
        person: Person,
        candidates: Sequence[Candidate],
        judgements: Sequence[Judgement],
        grounds: Sequence[Ground],
    ) -> Route:
        actor, ground = self.actor, grounds[0]
        over = [i for i, judgement in enumerate(judgements) if judgement.outcome == "over_limit"]
        own_row = actor.needs_another(line.volunteer_id)
        door = self._door(ground)
        if own_row and self.own_rows == "refuse" and door == "organiser":
            refuse_opened(actor.openings.get(line.volunteer_id))
            raise OwnRecord
        route = route_entry(
            enters_as=door,
            own_row=own_row,
            timely=ground.is_timely,
            over_limit=bool(over),
            two_people=ground.settings.two_people,
            new_person=line.is_new_person or person.is_proposed,
        )
        if route.approved and person.is_proposed:
            route = Route(False, "organiser", "new_person", route.needs_reason)
        if route.approved and route.needs_reason and not self.over_limit_reason:
            first = over[0]
            limit = grounds[first].settings.daily_limit_minutes
            raise limit_refusal(candidates[first], judgements[first], limit)
        return route

    def _accept(
        self,
        place: int,
        line: Line,
        candidates: Sequence[Candidate],
        grounds: Sequence[Ground],
        route: Route,
    ) -> Outcome:
        points = 0
        for part, (candidate, ground) in enumerate(zip(candidates, grounds, strict=True), 1):
            record = self._record(line, candidate, ground, route, part, len(candidates))
            points += record.points_hundredths
            self._write_down(place, candidate, record)
        return Outcome(
            "approved" if route.approved else "waiting",
            waits_reason=route.reason,
            minutes=line.minutes,
            points_hundredths=points,
            is_guest=record.is_guest,
        )

    def _record(
        self,
        line: Line,
        candidate: Candidate,
        ground: Ground,
        route: Route,
        part: int,
        parts: int,
    ) -> PlannedRecord:
        spans = self.members.get((line.team_id, line.volunteer_id), ())
        earns = self.evidence == "signed_in" or not ground.settings.only_signed_in_earns
        is_service_day = ground.may_be_service_day and self.standing.counts_as_service_day(
            line.volunteer_id, ground
        )
        terms = terms_for(
            ground.version, ground.colour_id, is_service_day, ground.is_service_month, earns
        )
        return PlannedRecord(
            ground.root_id,
            line.volunteer_id,
            line.team_id,
            ground.organisation_id,
            ground.colour_id,
            candidate.service_on,
            candidate.minutes,
            candidate.starts_minute,
            line.content,
            line.place,
            line.note,
            self.evidence,
            line.external_id,
            part,
            None if parts == 1 else part - 1,
            route.approved,
            route.reason,
            not member_on(spans, candidate.service_on),
            is_service_day,
            ground.is_service_month,
            earns,
            ground.settings.daily_limit_minutes,
            points_of(candidate.minutes, terms),
            ground.version.id,
            self.over_limit_reason if route.approved and route.needs_reason else None,
        )

    def _write_down(self, place: int, candidate: Candidate, record: PlannedRecord) -> None:
        """Let the record count for the lines after it."""
        plan, standing = self.plan, self.standing
        record_id = PROVISIONAL + len(plan.records)
        key = (candidate.volunteer_id, candidate.service_on)
        day = standing.days.get(key)
        if day is None:
            day = standing.days[key] = []
        else:
            settled = claims_settled_by(candidate, day)
            plan.settles.update(
                (each.record_id, each.state) for each in day if each.record_id in settled
            )
        state = "approved" if record.is_approved else "submitted"
        added = Existing(record_id, *candidate[:7], state)
        day.append(added)
        if candidate.external_id is not None:
            named = standing.externals.setdefault((record.root_id, candidate.external_id), {})
            named[record.part] = added
        if record.is_approved and record.is_service_day:
            standing.add_service_day(candidate.volunteer_id, candidate.service_on, record_id)
        plan.records.append(record)
        plan.owners.append(place)

    def _recorded_that_day(self, line: Line) -> list[int]:
        """Return the person's counted records of that team and date, where one is enough."""
        if not self.once_a_day or line.keep_both:
            return []
        day = self.standing.days.get((line.volunteer_id, line.service_on), ())
        return [
            held.record_id
            for held in day
            if held.team_id == line.team_id
            and held.state in COUNTED_STATES
            and not (held.is_claim and held.state in PENDING_STATES)
        ]

    def _repeat(self, judgements: Sequence[Judgement]) -> Outcome:
        repeated = [each.record_id for each in judgements if each.record_id is not None]
        return self._repeat_of(repeated)

    def _repeat_of(self, record_ids: Sequence[int]) -> Outcome:
        return Outcome(
            "repeat",
            tuple(record_ids),
            collides_with=self._earlier_line(record_ids[0]),
        )

    def _refused(self, refusal: RuleBroken) -> Outcome:
        record_id = refusal.figures.get("record")
        earlier = self._earlier_line(record_id) if isinstance(record_id, int) else None
        return Outcome("refused", refusal=refusal, collides_with=earlier)

    def _earlier_line(self, record_id: int) -> int | None:
        """Return the place of the line a record not yet written comes from."""
        if record_id < PROVISIONAL:
            return None
        return self.plan.owners[record_id - PROVISIONAL]


def _candidate(line: Line, part: Part) -> Candidate:
    return Candidate(
        line.volunteer_id,
        line.team_id,
        part.service_on,
        part.minutes,
        part.starts_minute,
        line.content,
        line.external_id,
    )


def _check_whole(
    candidates: Sequence[Candidate],
    judgements: Sequence[Judgement],
    held_parts: Mapping[int, Existing],
) -> None:
    """Refuse a service across midnight of which only one half repeats another record."""
    if held_parts:
        if len(held_parts) != len(candidates):
            held = held_parts[min(held_parts)]
            raise Conflict(
                external_id=candidates[0].external_id,
                record=held.record_id,
                held_on=held.service_on,
                held=sum(part.minutes for part in held_parts.values()),
            )
        return
    outcomes = {judgement.outcome == "repeat" for judgement in judgements}
    if len(outcomes) == 1:
        return
    for candidate, judgement in zip(candidates, judgements, strict=True):
        if judgement.outcome == "repeat":
            raise same_interval(candidate, judgement.record_id)


def same_interval(candidate: Candidate, record_id: int | None) -> Overlap:
    """Return the refusal of an interval that another record has already."""
    starts = format_time(candidate.starts_minute or 0)
    ends = format_time((candidate.starts_minute or 0) + candidate.minutes)
    return Overlap(record=record_id, held_from=starts, held_until=ends, starts=starts, ends=ends)
