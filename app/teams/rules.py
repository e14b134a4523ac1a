"""Who acts and what they may: approve, hand out codes, name leaders; who was a member when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import NamedTuple

from app.errors import N_, NotAllowed, RuleBroken

# A leader who takes somebody into the team waits so long before a code for their account.
SETTLED_AFTER = timedelta(days=7)


class Opening(NamedTuple):
    """By whose code an account was opened, when, and the last day on which that counts."""

    by: str
    opened_on: date
    until_on: date


class Ward(NamedTuple):
    """Somebody for whom one acts right now."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts, with their rights as the database says at this request.

    `organises` and `audits` name organisations with all below them; `leads` names teams,
    `acts_for` the volunteers they act for (亲情代办). `openings` names the volunteers who may
    sit behind this account, as its code came from them or from somebody who acts for them.
    """

    login_id: int
    volunteer_id: int | None
    name: str
    acts_for: frozenset[int] = frozenset()
    leads: frozenset[int] = frozenset()
    organises: frozenset[int] = frozenset()
    audits: frozenset[int] = frozenset()
    is_admin: bool = False
    openings: Mapping[int, Opening] = field(default_factory=dict, hash=False)
    # Whose own pages these are while acting for them; one of `acts_for`, judged at each request.
    acting_for: Ward | None = None
    # Roles held that sleep, wholly or in part, until a second factor is proven; not in `roles`
    # where they sleep wholly.
    asleep: frozenset[str] = frozenset()

    @property
    def own_id(self) -> int | None:
        """The volunteer whose own pages the actor sees: a ward's while acting for them."""
        return self.acting_for.id if self.acting_for else self.volunteer_id

    @property
    def on_behalf_of_id(self) -> int | None:
        """The volunteer to be named in the trail beside the actor, if they act for one."""
        return self.acting_for.id if self.acting_for else None

    @property
    def roles(self) -> set[str]:
        """The words of GUARANTEES §4 that fit the actor."""
        held = {
            "volunteer": self.volunteer_id is not None,
            "leader": bool(self.leads),
            "organiser": bool(self.organises),
            "auditor": bool(self.audits),
            "admin": self.is_admin,
        }
        return {role for role, is_held in held.items() if is_held}

    def benefits(self, volunteer_id: int) -> bool:
        """Tell whether something of this volunteer's is the actor's own, or of their ward."""
        return is_own(self.volunteer_id, volunteer_id, self.acts_for)

    def needs_another(self, volunteer_id: int) -> bool:
        """Tell whether somebody else has to approve for this volunteer (I-12)."""
        return volunteer_id in self.openings or self.benefits(volunteer_id)

    @property
    def needs_another_for(self) -> frozenset[int]:
        """Everybody of whom `needs_another` says so, for a statement that counts."""
        own = {self.volunteer_id} if self.volunteer_id is not None else set()
        return frozenset({*own, *self.acts_for, *self.openings})


class Standing(NamedTuple):
    """What an account may do, for comparing it with whoever would open it."""

    login_id: int | None
    organisation_id: int | None
    member_of: frozenset[int]
    # Teams led, now or from a later day on, each with the organisation it stands in.
    leads: Mapping[int, int]
    # Of organiser, auditor, admin: whichever is held, wherever.
    roles: frozenset[str]
    has_password: bool = False
    # Of the teams belonged to: those joined more than SETTLED_AFTER ago.
    settled_in: frozenset[int] = frozenset()


class Span(NamedTuple):
    """The dates of a membership or leadership, both included; no end while it lasts."""

    from_on: date
    until_on: date | None


class OwnRecord(NotAllowed):
    """The actor is the beneficiary, or acts for them."""

    code = "own_record"
    message = N_("Nobody approves service of their own, or of someone they act for.")


class OpenedByBeneficiary(OwnRecord):
    """The beneficiary, or who acts for them, handed out the code that opened the account."""

    message = N_(
        "Your account was opened on %(opened_on)s with a code from %(by)s; until %(until)s "
        "somebody else must approve their hours."
    )


class NotEntitled(NotAllowed):
    """The actor neither leads the team nor organises above it."""

    message = N_("Only a leader of the team or an organiser above it may approve this.")


class OrganiserNeeded(NotAllowed):
    """The record waits for an organiser; leading the team is not enough."""

    message = N_("This waits for an organiser; a leader of the team cannot approve it.")


class SecondPersonNeeded(NotAllowed):
    """Two people are asked for, and the actor recorded it."""

    message = N_("Two people are needed here: whoever recorded this may not approve it too.")


class CodeForDesk(NotAllowed):
    """The account holds a role; with its code an organiser would be a second person alone."""

    message = N_("Only an administrator hands out codes for organisers, auditors and admins.")


class CodeForLeader(NotAllowed):
    """The account leads a team; with its code a leader would approve their own service."""

    message = N_("Only an organiser above the team hands out codes for its leaders.")


class CodeForNewcomer(NotAllowed):
    """A leader took somebody into the team; the account they use must not come along with them."""

    message = N_(
        "This account is in use and its owner joined the team less than %(days)s days ago; "
        "until then only an organiser hands out a code for it."
    )

    def __init__(self) -> None:
        super().__init__(days=SETTLED_AFTER.days)


class CodeForOneself(NotAllowed):
    message = N_("You cannot hand out a code for your own account; change the password instead.")


class OwnLeadership(NotAllowed):
    message = N_("Nobody makes themselves, or someone they act for, a leader.")


class LeaderChoiceNeeded(NotAllowed):
    message = N_("Only an organiser above the team names its leaders.")


class NobodyOfThisName(RuleBroken):
    """One sentence for both, so that nobody can try out others' numbers."""

    code = "unknown_volunteer"
    message = N_("There is nobody here with this number and this name.")


class HasSignIn(NotAllowed):
    message = N_("This volunteer has a sign-in of their own already; sign in with that one.")


class LeadsElsewhere(NotAllowed):
    """Leading a team would come along, and saying who one is only ever takes rights away."""

    message = N_(
        "This volunteer leads a team that you do not organise; its organiser has to end that first."
    )


class DatesUnfit(RuleBroken):
    code = "bad_date"
    message = N_("The last day cannot lie before the first.")


def may_issue_code(actor: Actor, target: Standing) -> None:
    """Refuse a code by which the issuer could approve what is their own (I-12, ADR 0004)."""
    refusal = code_refusal(actor, target)
    if refusal is not None:
        raise refusal


def code_refusal(actor: Actor, target: Standing) -> type[NotAllowed] | None:
    """Return why somebody may not hand out the code of an account, or None.

    A code opens the account to whoever holds it. So nobody but an administrator gets one for
    an account that could approve beside them, save an organiser for the leaders below.
    """
    if target.login_id == actor.login_id:
        return CodeForOneself
    if actor.is_admin:
        return None
    if target.organisation_id not in actor.organises and not target.member_of & actor.leads:
        return NotEntitled
    if target.roles:
        return CodeForDesk
    if any(home not in actor.organises for home in target.leads.values()):
        return CodeForLeader
    if target.organisation_id not in actor.organises and not _is_settled(target, actor.leads):
        return CodeForNewcomer
    return None


def _is_settled(target: Standing, team_ids: frozenset[int]) -> bool:
    """Tell whether a leader's code opens nothing that was in use before the leader's time."""
    return not target.has_password or bool(target.settled_in & team_ids)


def may_name_leader(actor: Actor, *, organisation_id: int, volunteer_id: int) -> None:
    """Refuse the naming of a leader by anybody but an organiser above, or an administrator."""
    if not (organisation_id in actor.organises or actor.is_admin):
        raise LeaderChoiceNeeded
    if actor.benefits(volunteer_id):
        raise OwnLeadership


def may_link(actor: Actor, target: Standing) -> None:
    """Refuse to let a sign-in that is nobody's become a volunteer's, if it gained rights by it."""
    reach = actor.organises | actor.audits
    if not (actor.is_admin or target.organisation_id in reach):
        raise NobodyOfThisName
    if target.login_id is not None:
        raise HasSignIn
    if any(home not in actor.organises for home in target.leads.values()):
        raise LeadsElsewhere


def overlaps(span: Span, others: Iterable[Span]) -> bool:
    """Tell whether a span of dates shares a day with another; no end lasts forever."""
    return any(
        span.from_on <= (other.until_on or date.max)
        and other.from_on <= (span.until_on or date.max)
        for other in others
    )


def last_day(from_on: date, until_on: date) -> date:
    """Return the last day of a membership, refusing one before the first."""
    if until_on < from_on:
        raise DatesUnfit
    return until_on


def day_before(on: date) -> date:
    """Return the last day of what ends where something new begins."""
    return on - timedelta(days=1)


def may_approve(
    *,
    actor_volunteer_id: int | None,
    beneficiary_volunteer_id: int,
    acts_for: frozenset[int],
    recorder_is_actor: bool,
    two_people: bool,
    leads_team: bool,
    organises: bool,
    needs_organiser: bool,
    opening: Opening | None = None,
) -> None:
    """Refuse an approval by someone who may not give it.

    `acts_for`: the volunteers for whom the actor acts. `leads_team` and `organises` are of
    the record's team, as the database says now. `opening`: the beneficiary may sit behind the
    actor's account. Whoever stands nearest to the benefit is refused first, so no role gets
    past that.
    """
    if is_own(actor_volunteer_id, beneficiary_volunteer_id, acts_for):
        raise OwnRecord
    refuse_opened(opening)
    if not (leads_team or organises):
        raise NotEntitled
    if needs_organiser and not organises:
        raise OrganiserNeeded
    if two_people and recorder_is_actor:
        raise SecondPersonNeeded


def refuse_opened(opening: Opening | None) -> None:
    """Refuse what an account does for whoever handed out the code that opened it."""
    if opening is not None:
        raise OpenedByBeneficiary(
            opened_on=opening.opened_on, by=opening.by, until=opening.until_on
        )


def is_own(
    actor_volunteer_id: int | None, beneficiary_volunteer_id: int, acts_for: frozenset[int]
) -> bool:
    """Say whether the actor would benefit: a row of their own, or of someone they act for."""
    return beneficiary_volunteer_id == actor_volunteer_id or beneficiary_volunteer_id in acts_for


def member_on(memberships: Iterable[tuple[date, date | None]], on: date) -> bool:
    """Say whether one of the spans (from, until; both included) holds the date."""
    return any(
        from_on <= on and (until_on is None or on <= until_on) for from_on, until_on in memberships
    )


class OwnFactorReset(NotAllowed):
    message = N_("Nobody resets a second factor of their own; use a recovery code instead.")


class FactorOfDesk(NotAllowed):
    """Without its factor an account is half open; nobody opens one that may do more."""

    message = N_(
        "Only an administrator resets the second factor of organisers, auditors and admins."
    )


def factor_refusal(actor: Actor, target: Standing) -> type[NotAllowed] | None:
    """Return why somebody may not reset the second factor of an account, or None.

    As with activation codes, save that leaders reset nobody's.
    """
    if target.login_id == actor.login_id:
        return OwnFactorReset
    if actor.is_admin:
        return None
    if target.organisation_id not in actor.organises:
        return NotEntitled
    is_above = not target.roles and all(one in actor.organises for one in target.leads.values())
    return None if is_above else FactorOfDesk
