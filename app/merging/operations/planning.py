"""What joining two people would do: read once, judged without writing; the preview and the deed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy.orm import Session

from app.bulk import fetch
from app.clock import today_in
from app.errors import NotFound, RuleBroken
from app.expiry.queries import points_by_year
from app.ledger.queries import Balances, balances_of_many
from app.merging.queries import (
    Book,
    Facts,
    books_of,
    credits_of,
    facts_of,
    team_names,
)
from app.merging.rules import (
    COUNTED_ONCE,
    DecidedForOneself,
    HoldsRole,
    JoinedAlready,
    OneOfThemIsYou,
    OutOfReach,
    RecordedByYou,
    Service,
    SpentAlready,
    StillOpen,
    Verdict,
    hold_against,
)
from app.organisations.queries import root_id_of
from app.people.models import Volunteer
from app.people.queries import get_volunteer
from app.points.queries import versions_by_id
from app.points.rules import RuleVersion, format_hundredths, points_of, terms_for
from app.service.operations.grounds import Grounds, grounds_asked
from app.service.operations.records import Kept, records_standing
from app.teams.rules import Actor

Month = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that joining `gone` into `kept` does to the books."""

    kept: Volunteer
    gone: Volunteer
    root_id: int
    today: date
    zone: str
    # The approved records of whoever goes, and of each what becomes of it.
    served: Sequence[Kept]
    verdicts: Mapping[int, Verdict]
    # Of those that are awarded anew: the points, whether on a service day, by which rule version.
    points: Mapping[int, int]
    service_days: Mapping[int, bool]
    versions: Mapping[int, int]
    # Waiting records that collide with what comes: sent back, whosever they are.
    sent_back: Sequence[Kept]
    waiting: Sequence[Kept]
    kept_book: Book | None
    gone_book: Book | None
    kept_balances: Balances
    gone_balances: Balances
    facts: Facts
    obstacles: Sequence[RuleBroken]

    @property
    def moving(self) -> list[Kept]:
        """The records that are awarded anew, both halves of a night together."""
        return [one for one in self.served if self.verdicts[one.id].fate not in COUNTED_ONCE]

    @property
    def once(self) -> list[Kept]:
        """The records that are only taken back: the hours count once."""
        return [one for one in self.served if self.verdicts[one.id].fate in COUNTED_ONCE]

    @property
    def moves_book(self) -> bool:
        """Whether the paper book of whoever goes is taken over for the other."""
        return self.gone_book is not None and self.kept_book is None

    @property
    def after(self) -> Balances:
        """What the kept person has afterwards."""
        book = self.gone_book if not self.moves_book else None
        lost_minutes = sum(one.minutes for one in self.once) + (book.minutes if book else 0)
        lost_points = sum(
            one.points_hundredths - self.points.get(one.id, 0) for one in self.served
        ) + (book.points_hundredths if book else 0)
        kept, gone = self.kept_balances, self.gone_balances
        return Balances(
            kept.minutes + gone.minutes - lost_minutes,
            kept.points_hundredths + gone.points_hundredths - lost_points,
        )

    def earned_by_year(self) -> dict[int, int]:
        """Return the points of each year that are taken back from whoever goes."""
        found: dict[int, int] = {}
        for one in self.served:
            year = one.service_on.year
            found[year] = found.get(year, 0) + one.points_hundredths
        if (book := self.gone_book) is not None:
            found[book.as_of_on.year] = found.get(book.as_of_on.year, 0) + book.points_hundredths
        return found

    @property
    def waiting_ids(self) -> list[int]:
        """What waits of whoever goes and goes along."""
        back = {one.id for one in self.sent_back}
        return [one.id for one in self.waiting if one.id not in back]

    @property
    def figures(self) -> dict[str, int]:
        """What a merge is remembered by, in whole units."""
        once = self.once
        return {
            "records": len(self.moving),
            "minutes": sum(one.minutes for one in self.moving),
            "points_hundredths": sum(self.points.values()),
            "once_records": len(once),
            "once_minutes": sum(one.minutes for one in once),
            "sent_back": len(self.sent_back),
            "waiting": len(self.waiting_ids),
            "books": int(self.moves_book),
            "had_minutes": self.gone_balances.minutes,
            "had_points_hundredths": self.gone_balances.points_hundredths,
        }

    @property
    def digest(self) -> dict[str, object]:
        """What the organiser looked at: another one means that the books moved meanwhile."""
        return {
            "records": [[one.id, self.verdicts[one.id].fate] for one in self.served],
            "waiting": sorted(one.id for one in self.waiting),
            "balances": [*self.kept_balances, *self.gone_balances],
            "books": [book and book.id for book in (self.kept_book, self.gone_book)],
        }


def plan_merge(
    session: Session, kept_id: int, gone_id: int, *, actor: Actor, now: datetime
) -> Plan:
    """Judge what joining would do; whatever stands against it is kept in the plan's obstacles.

    Raises NotFound for people the actor does not organise. Behind the locks it is the deed's.
    """
    kept, gone, root_id = _two(session, kept_id, gone_id, actor)
    records = records_standing(session, [kept_id, gone_id], date.min, date.max)
    served = [one for one in records if one.volunteer_id == gone_id and one.state == "approved"]
    revision, *_nobody = grounds_asked((), ())
    read = (fetch(session, *revision), (), ())
    grounds = Grounds(session, {one.team_id for one in records}, now, read=read)
    settings = grounds.settings_of(kept.organisation_id)
    verdicts, sent_back = _judged(records, served, kept_id, grounds)
    moving = [one for one in served if verdicts[one.id].fate not in COUNTED_ONCE]
    days, points, versions = _credited(session, records, moving, kept_id)
    books = books_of(session, [kept_id, gone_id])
    held = balances_of_many(session, [kept_id, gone_id])
    today = today_in(settings.time_zone, now)
    plan = Plan(
        kept=kept,
        gone=gone,
        root_id=root_id,
        today=today,
        zone=settings.time_zone,
        served=served,
        verdicts=verdicts,
        points=points,
        service_days=days,
        versions=versions,
        sent_back=sent_back,
        waiting=[one for one in records if one.volunteer_id == gone_id and one.state != "approved"],
        kept_book=books.get(kept_id),
        gone_book=books.get(gone_id),
        kept_balances=held.get(kept_id, Balances(0, 0)),
        gone_balances=held.get(gone_id, Balances(0, 0)),
        facts=facts_of(session, kept_id, gone_id, today),
        obstacles=(),
    )
    return _with_obstacles(session, plan, grounds, actor)


def root_of(session: Session, kept_id: int, gone_id: int, actor: Actor) -> int:
    """Return the root above two people the actor organises; else they are not found."""
    return _two(session, kept_id, gone_id, actor)[2]


def points_left(session: Session, plan: Plan) -> dict[int, int]:
    """Return what whoever goes has of the points of each year."""
    return points_by_year(session, plan.gone.id, plan.zone)


def _two(
    session: Session, kept_id: int, gone_id: int, actor: Actor
) -> tuple[Volunteer, Volunteer, int]:
    kept, gone = get_volunteer(session, kept_id), get_volunteer(session, gone_id)
    if kept_id == gone_id or not {kept.organisation_id, gone.organisation_id} <= actor.organises:
        raise NotFound
    root_id = root_id_of(session, kept.organisation_id)
    is_near = gone.organisation_id == kept.organisation_id
    if not is_near and root_id != root_id_of(session, gone.organisation_id):
        raise NotFound
    return kept, gone, root_id


def _judged(
    records: Sequence[Kept], served: Sequence[Kept], kept_id: int, grounds: Grounds
) -> tuple[dict[int, Verdict], list[Kept]]:
    """Return the fates of what was served, and what waits and now collides."""
    services = {one.id: _service(one, grounds) for one in records}
    standing = [
        services[one.id]
        for one in records
        if one.volunteer_id == kept_id and one.state == "approved"
    ]
    verdicts = hold_against(standing, (services[one.id] for one in served))
    standing += [one.service for one in verdicts.values() if one.fate not in COUNTED_ONCE]
    # What blocks nobody may wait on: a claim, and a correction judged net of what it corrects.
    filling = [
        one
        for one in records
        if one.state == "submitted" and not one.is_claim and one.corrects_id is None
    ]
    own = [services[one.id] for one in filling if one.volunteer_id == kept_id]
    others = [services[one.id] for one in filling if one.volunteer_id != kept_id]
    held = hold_against(standing, own)
    stays = [one.service for one in held.values() if one.fate not in COUNTED_ONCE]
    held |= hold_against([*standing, *stays], others)
    return verdicts, [
        one for one in filling if one.id in held and held[one.id].fate in COUNTED_ONCE
    ]


def _service(one: Kept, grounds: Grounds) -> Service:
    organisation_id = one.organisation_id
    return Service(
        one.id,
        one.group_id,
        one.volunteer_id,
        one.team_id,
        one.service_on,
        one.minutes,
        one.starts_minute,
        one.content,
        one.daily_limit_minutes,
        grounds.settings_of(organisation_id).hard_limit_minutes,
    )


def _credited(
    session: Session, records: Sequence[Kept], moving: Sequence[Kept], kept_id: int
) -> tuple[dict[int, bool], dict[int, int], dict[int, int]]:
    """Return service days, points and rule versions of what is awarded anew.

    By the rule version of the first award; of a month one date at most is a person's service day.
    """
    taken: dict[Month, date] = {
        (one.service_on.year, one.service_on.month): one.service_on
        for one in records
        if one.volunteer_id == kept_id and one.state == "approved" and one.is_service_day
    }
    credits = credits_of(session, [one.id for one in moving])
    versions = {one: credit.rule_version_id for one, credit in credits.items()}
    rules: dict[int, RuleVersion] = {}
    days: dict[int, bool] = {}
    points: dict[int, int] = {}
    for one in moving:
        month = (one.service_on.year, one.service_on.month)
        counts = one.is_service_day and taken.setdefault(month, one.service_on) == one.service_on
        days[one.id] = bool(counts)
        points[one.id] = one.points_hundredths
        if one.is_service_day and not counts:
            rules = rules or versions_by_id(session, sorted(set(versions.values())))
            rule, in_month = rules[versions[one.id]], credits[one.id].is_service_month
            terms = terms_for(rule, one.colour_id, False, in_month, one.earns_points)
            points[one.id] = points_of(one.minutes, terms)
    return days, points, versions


# ── what stands against it ────────────────────────────────────────────────────────────────


def _with_obstacles(session: Session, plan: Plan, grounds: Grounds, actor: Actor) -> Plan:
    found: list[RuleBroken] = []
    for one in (plan.kept, plan.gone):
        if one.state not in ("active", "left"):
            found.append(JoinedAlready(name=one.name))
    if any(actor.needs_another(one.id) for one in (plan.kept, plan.gone)):
        found.append(OneOfThemIsYou())
    found += _of_teams(session, plan, grounds, actor)
    found += _of_people(plan)
    found += _of_balances(plan)
    return replace(plan, obstacles=tuple(found))


def _of_teams(session: Session, plan: Plan, grounds: Grounds, actor: Actor) -> list[RuleBroken]:
    found: list[RuleBroken] = []
    concerned = [*plan.served, *plan.sent_back]
    far = [
        one for one in concerned if grounds.team_organisation_of(one.team_id) not in actor.organises
    ]
    if far:
        names = team_names(session, (one.team_id for one in far))
        found.append(OutOfReach(count=len(far), teams=sorted(set(names.values()))))
    own = [
        one
        for one in plan.moving
        if one.recorder_id == actor.login_id
        and (
            grounds.settings_of(one.organisation_id).two_people
            or one.waits_reason == "two_people"
            or one.is_claim
        )
    ]
    if own:
        found.append(RecordedByYou(count=len(own)))
    return found


def _of_people(plan: Plan) -> list[RuleBroken]:
    found: list[RuleBroken] = []
    facts, kept, gone = plan.facts, plan.kept.number or "", plan.gone.number or ""
    said = {"name": plan.gone.name, "number": gone}
    if facts.roles:
        found.append(HoldsRole(**said))
    matters = {
        "disputes": facts.disputes,
        "objections": facts.objections,
        "adjustments": facts.adjustments,
    }
    if any(matters.values()):
        found.append(StillOpen(**said, **matters))
    for number, count in ((kept, facts.by_kept), (gone, facts.by_gone)):
        if count:
            found.append(DecidedForOneself(number=number, count=count))
    return found


def _of_balances(plan: Plan) -> list[RuleBroken]:
    missing = {unit: max(0, -left) for unit, left in zip(Balances._fields, plan.after, strict=True)}
    if not any(missing.values()):
        return []
    points = missing["points_hundredths"]
    return [
        SpentAlready(minutes_missing=missing["minutes"], points_missing=format_hundredths(points))
    ]
