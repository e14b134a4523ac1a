"""What waits to be collected at a desk, what was handed over there, and whom it may serve."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select
from sqlalchemy.orm import Session, aliased

from app.organisations.models import Organisation
from app.people.models import Login, Volunteer
from app.people.queries import Namesake, matches
from app.rewards.models import ItemVersion, Redemption, ShelfItem
from app.teams.queries import members_of_teams
from app.teams.rules import Actor

_Maker, _Settler = aliased(Login), aliased(Login)


class AtDesk(NamedTuple):
    """A redemption as the desk sees it; the person's name and number are shown masked."""

    id: int
    organisation_id: int
    organisation_name: str
    volunteer_id: int
    volunteer_name: str
    number: str | None
    kind: str
    name: str
    category: str
    picture_id: int | None
    quantity: int
    cost_hundredths: int
    state: str
    asked_by: str
    consent: str | None
    # Who asked for it, and who settled it, by the names of their sign-ins.
    made_by: str
    settled_by: str | None
    redeemed_at: datetime
    redeemed_on: date
    collect_by_on: date
    settled_at: datetime | None
    settled_on: date | None
    reason: str | None


_rows: Any = (
    select(
        Redemption.id, Redemption.organisation_id, Organisation.name,
        Redemption.volunteer_id, Volunteer.name, Volunteer.number,
        ShelfItem.kind, ItemVersion.name, ItemVersion.category, ItemVersion.picture_id,
        Redemption.quantity, Redemption.cost_hundredths, Redemption.state,
        Redemption.asked_by, Redemption.consent, _Maker.display_name, _Settler.display_name,
        Redemption.redeemed_at, Redemption.redeemed_on, Redemption.collect_by_on,
        Redemption.settled_at, Redemption.settled_on, Redemption.reason,
    )
    .join(Organisation, Organisation.id == Redemption.organisation_id)
    .join(Volunteer, Volunteer.id == Redemption.volunteer_id)
    .join(ShelfItem, ShelfItem.id == Redemption.item_id)
    .join(ItemVersion, ItemVersion.id == Redemption.item_version_id)
    .join(_Maker, _Maker.id == Redemption.made_by_id)
    .outerjoin(_Settler, _Settler.id == Redemption.settled_by_id)
)  # fmt: skip
# One code comes back once its redemption has ended; older ones than these lead nowhere.
_LATEST = 20


def find_at_desk(session: Session, redemption_id: int) -> AtDesk | None:
    """Return a redemption, or None."""
    row = session.execute(_rows.where(Redemption.id == redemption_id)).first()
    return AtDesk(*row) if row else None


def of_code(session: Session, code: str) -> list[AtDesk]:
    """Return what bears or bore a code: what waits first, then the latest."""
    waits_first = (Redemption.state == "to_collect").desc()
    query = _rows.where(Redemption.code == code).order_by(waits_first, Redemption.id.desc())
    return [AtDesk(*row) for row in session.execute(query.limit(_LATEST))]


class Served(NamedTuple):
    """Whose redemptions a desk hands over on a date: its organisations', and its members'."""

    actor: Actor
    today: date

    @property
    def condition(self) -> ColumnElement[bool]:
        """The redemptions within reach, one's own and one's wards' among them."""
        members = members_of_teams(self.actor.leads, self.today)
        return or_(
            Redemption.organisation_id.in_(self.actor.organises),
            Redemption.volunteer_id.in_(members),
        )

    @property
    def others(self) -> ColumnElement[bool]:
        """Those of people whom the actor may serve: nobody serves themselves."""
        own = {self.actor.volunteer_id or 0, *self.actor.acts_for}
        return self.condition & Redemption.volunteer_id.not_in(own)


def count_waiting(session: Session, served: Served, text: str) -> int:
    """Return how many wait to be collected at a desk."""
    query = select(func.count(Redemption.id)).join(
        Volunteer, Volunteer.id == Redemption.volunteer_id
    )
    return session.scalar(query.where(*_waits(served, text))) or 0


def counting_waiting(served: Served) -> ScalarSelect[int]:
    """Return the count of all that wait at a desk, for a statement of others' too."""
    query = select(func.count(Redemption.id)).join(
        Volunteer, Volunteer.id == Redemption.volunteer_id
    )
    return query.where(*_waits(served, "")).scalar_subquery()


def waiting_here(
    session: Session, served: Served, text: str, *, offset: int, size: int
) -> list[AtDesk]:
    """Return a page of what waits at a desk, the most pressing first."""
    in_order = (Redemption.collect_by_on, Redemption.id)
    query = _rows.where(*_waits(served, text)).order_by(*in_order).offset(offset).limit(size)
    return [AtDesk(*row) for row in session.execute(query)]


def _waits(served: Served, text: str) -> tuple[ColumnElement[bool], ...]:
    return (Redemption.state == "to_collect", served.others, matches(text))


def count_handed_over(session: Session, served: Served, on: date) -> int:
    """Return how many were handed over on a date."""
    query = select(func.count(Redemption.id)).where(*_given(served, on))
    return session.scalar(query) or 0


def handed_over_on(
    session: Session, served: Served, on: date, *, offset: int, size: int, newest_first: bool = True
) -> list[AtDesk]:
    """Return a page of what was handed over on a date."""
    at = Redemption.settled_at
    in_order = (at.desc(), Redemption.id.desc()) if newest_first else (at, Redemption.id)
    query = _rows.where(*_given(served, on)).order_by(*in_order).offset(offset).limit(size)
    return [AtDesk(*row) for row in session.execute(query)]


def _given(served: Served, on: date) -> tuple[ColumnElement[bool], ...]:
    return (Redemption.state == "collected", Redemption.settled_on == on, served.condition)


def people_served(session: Session, served: Served, text: str, *, limit: int) -> list[Namesake]:
    """Return, of those a counter serves, whom a name, pinyin or number means."""
    actor = served.actor
    near = or_(
        Volunteer.organisation_id.in_(actor.organises),
        Volunteer.id.in_(members_of_teams(actor.leads, served.today)),
    )
    query = (
        select(
            *(Volunteer.id, Volunteer.number, Volunteer.name),
            *(Volunteer.phone, Volunteer.state, Volunteer.organisation_id),
        )
        .where(near, Volunteer.state == "active", matches(text))
        .order_by(Volunteer.name_keys, Volunteer.id)
        .limit(limit)
    )
    return [Namesake(*row) for row in session.execute(query)]
