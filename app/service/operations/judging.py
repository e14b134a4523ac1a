"""One pass over the lines of an entry; what is accepted counts for the lines after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Literal

from app.errors import RuleBroken
from app.points.rules import points_of, terms_for
from app.service.operations.candidates import candidate_of, check_whole
from app.service.operations.grounds import Ground, Grounds
from app.service.operations.lines import (
    PROVISIONAL,
    EntersAs,
    Evidence,
    JoinedPerson,
    Line,
    NotYourTeam,
    Outcome,
    Plan,
    PlannedRecord,
    Status,
    UnknownVolunteer,
)
from app.service.operations.people import Person, Spans
from app.service.operations.standing import Standing
from app.service.rules import (
    COUNTED_STATES,
    PENDING_STATES,
    Candidate,
    Existing,
    FutureDate,
    Judgement,
    Route,
    claims_settled_by,
    judge,
    limit_refusal,
    route_entry,
    split_at_midnight,
)
from app.teams.rules import Actor, OwnRecord, member_on, refuse_opened


@lru_cache(maxsize=4096)
def _accepted(
    approved: bool, waits_reason: str | None, minutes: int, points: int, is_guest: bool
) -> Outcome:
    """Return the outcome of an accepted line: long lists have few different ones."""
    status: Status = "approved" if approved else "waiting"
    return Outcome(
        status,
        waits_reason=waits_reason,
        minutes=minutes,
        points_hundredths=points,
        is_guest=is_guest,
    )


class Judging:
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
        self.is_claim = enters_as == "claimant"
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
        self._check_may_enter(line, grounds[0])
        candidates = [candidate_of(line, part, self.is_claim) for part in parts]
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
        if person.is_joined:
            raise JoinedPerson
        return person

    def _check_may_enter(self, line: Line, ground: Ground) -> None:
        if self.is_claim:
            # Out of one's own, nobody is told who exists.
            if not self.actor.benefits(line.volunteer_id):
                raise UnknownVolunteer
            return
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
            held_parts = self.standing.external(key)
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
        check_whole(candidates, judgements, held_parts)
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
        return _accepted(route.approved, route.reason, line.minutes, points, record.is_guest)

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
        evidence = line.evidence or self.evidence
        earns = evidence == "signed_in" or not ground.settings.only_signed_in_earns
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
            evidence,
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
            line.activity_id,
        )

    def _write_down(self, place: int, candidate: Candidate, record: PlannedRecord) -> None:
        """Let the record count for the lines after it."""
        plan, standing = self.plan, self.standing
        record_id = PROVISIONAL + len(plan.records)
        key = (candidate.volunteer_id, candidate.service_on)
        day = standing.days.get(key)
        if day is not None and not self.is_claim:
            settled = claims_settled_by(candidate, day)
            plan.settles.update(
                (each.record_id, each.state) for each in day if each.record_id in settled
            )
        state = "approved" if record.is_approved else "submitted"
        added = Existing(record_id, *candidate[:7], state, candidate.is_claim)
        if day is None:
            # Of one: an empty list that grows keeps room for four.
            standing.days[key] = [added]
        else:
            day.append(added)
        if candidate.external_id is not None:
            key_id = (record.root_id, candidate.external_id)
            standing.add_external(key_id, record.part, added)
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
            and not (held.is_claim and held.state in PENDING_STATES and not self.is_claim)
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
