"""Who was there, by what that is known, and how many minutes it would earn."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Row, and_, or_, select
from sqlalchemy.orm import Session, aliased

from app.activities.models import Activity, CheckIn, SignUp
from app.activities.rules import (
    OPEN,
    CodeUnknown,
    Credit,
    Scanned,
    begins_at,
    check_token,
    credit_of,
    ends_at,
    kind_of_typed,
    paper_code,
    screen_code,
)
from app.activities.rules.window import Window, window_of
from app.errors import NotFound
from app.organisations.queries import root_id_of, settings_of, subtree_ids
from app.organisations.rules import Settings
from app.people.models import Login, Volunteer
from app.teams.models import Team
from app.teams.queries import memberships_of
from app.teams.rules import member_on

# What proves little: a paper that anybody may have photographed, a leader's word.
WEAK = frozenset({"paper_code", "leader"})
LIVE = ("placed", "waiting")


class Stay(NamedTuple):
    """When somebody came and went, and by what that is known."""

    in_at: datetime
    in_by: str
    in_actor: str
    out_at: datetime | None
    out_by: str | None
    out_actor: str | None
    # A helper, a guardian or the leader did it, not the person.
    in_by_other: bool
    out_by_other: bool


class Present(NamedTuple):
    """One person of an activity: who has a place or waits, and whoever came.

    `stay` is None for who has not come; `sign_up` for who came without. `device_people`: on how
    many people's phone theirs was used here, themselves included; 0 when no device is known.
    `credit` proposes the minutes; the leader confirms them. `is_weak`: by a paper or the
    leader's word alone.
    """

    volunteer_id: int
    name: str
    number: str | None
    name_keys: str
    sign_up: str | None
    stay: Stay | None
    device_people: int
    credit: Credit | None
    is_guest: bool
    is_weak: bool


class Here(NamedTuple):
    """Somebody at the door of an activity, and when they came and went."""

    volunteer_id: int
    name: str
    number: str | None
    in_at: datetime | None
    out_at: datetime | None


class Near(NamedTuple):
    """An activity that admits people now, for somebody of its tree."""

    activity_id: int
    title: str
    begins_at: datetime
    window: Window
    screen_secret: str
    paper_secret: str


def admits(activity: Activity, settings: Settings) -> Window:
    """Return from when until when people check in at an activity."""
    zone, plan = settings.time_zone, (activity.service_on, activity.starts_minute)
    return window_of(
        begins_at(*plan, zone),
        ends_at(*plan, activity.minutes, zone),
        before_minutes=settings.check_in_before_minutes,
        after_minutes=settings.check_in_after_minutes,
    )


def check_good(session: Session, scanned: Scanned, at: datetime) -> None:
    """Refuse a scanned code that no screen or paper of its activity bears at an instant."""
    secrets = session.execute(
        select(Activity.screen_secret, Activity.paper_secret).where(
            Activity.id == scanned.activity_id
        )
    ).first()
    if secrets is None:
        raise CodeUnknown
    check_token(scanned, screen_secret=secrets[0], paper_secret=secrets[1], at=at)


def token_of_typed(near: Iterable[Near], typed: str, at: datetime) -> str | None:
    """Return the token that six characters stand for at one of some activities, or None."""
    for each in near:
        secrets = {"screen_secret": each.screen_secret, "paper_secret": each.paper_secret}
        kind = kind_of_typed(each.activity_id, typed, at=at, **secrets)
        if kind == "paper_code":
            return paper_code(each.activity_id, each.paper_secret).token
        if kind == "code":
            return screen_code(each.activity_id, each.screen_secret, at).token
    return None


def presence(
    session: Session, activity_id: int, *, now: datetime, settings: Settings | None = None
) -> list[Present]:
    """Return everybody who has a place, waits or came, by pinyin; six statements, however many."""
    activity = session.get(Activity, activity_id)
    if activity is None:
        raise NotFound
    if settings is None:
        home = session.get_one(Team, activity.team_id).organisation_id
        settings = settings_of(session, home)
    sign_ups = _sign_ups(session, activity_id)
    stays = {row.volunteer_id: row for row in _check_ins(session, activity_id)}
    people = _people(session, {*sign_ups, *stays})
    members = memberships_of(session, people, [activity.team_id])
    sharers = _sharers(stays)
    on = activity.service_on
    return [
        Present(
            volunteer_id=one,
            name=person.name,
            number=person.number,
            name_keys=person.name_keys,
            sign_up=sign_ups.get(one),
            stay=_stay(stays[one]) if one in stays else None,
            device_people=sharers.get(one, 0),
            credit=_credit(stays[one], activity, settings, now) if one in stays else None,
            is_guest=not member_on(members.get((one, activity.team_id), ()), on),
            is_weak=one in stays and stays[one].in_by in WEAK,
        )
        for one, person in people.items()
    ]


def count_in(session: Session, activity_id: int) -> tuple[int, int]:
    """Return how many have come, and how many of them have gone again."""
    outs = session.execute(select(CheckIn.out_at).where(CheckIn.activity_id == activity_id)).all()
    return len(outs), sum(out_at is not None for (out_at,) in outs)


def listed_here(session: Session, activity_id: int, volunteer_ids: Collection[int]) -> set[int]:
    """Return those of them who have a place, wait for one or came."""
    wanted = sorted(volunteer_ids)
    signed = select(SignUp.volunteer_id).where(
        SignUp.activity_id == activity_id,
        SignUp.volunteer_id.in_(wanted),
        SignUp.state.in_(LIVE),
    )
    came = select(CheckIn.volunteer_id).where(
        CheckIn.activity_id == activity_id, CheckIn.volunteer_id.in_(wanted)
    )
    return set(session.scalars(signed.union(came)))


def people_here(
    session: Session, activity: Activity, organisation_id: int, volunteer_ids: Collection[int]
) -> list[Here]:
    """Return, of these people, those of the activity's tree, with when they came and went."""
    tree = subtree_ids(session, root_id_of(session, organisation_id))
    rows: Any = session.execute(
        select(Volunteer.id, Volunteer.name, Volunteer.number, CheckIn.in_at, CheckIn.out_at)
        .outerjoin(
            CheckIn,
            and_(CheckIn.volunteer_id == Volunteer.id, CheckIn.activity_id == activity.id),
        )
        .where(
            Volunteer.id.in_(sorted(volunteer_ids)),
            Volunteer.organisation_id.in_(tree),
            Volunteer.state == "active",
        )
        .order_by(Volunteer.name_keys, Volunteer.id)
    ).all()
    return [Here(*row) for row in rows]


def open_near(session: Session, root_id: int, *, now: datetime) -> list[Near]:
    """Return the activities of a tree that admit people now, the earliest first."""
    return _near(session, Team.organisation_id.in_(subtree_ids(session, root_id)), now)


def open_run_by(
    session: Session, leads: frozenset[int], organises: frozenset[int], *, now: datetime
) -> list[Near]:
    """Return the activities that somebody runs and that admit people now, the earliest first."""
    if not leads and not organises:
        return []
    return _near(session, or_(Team.id.in_(leads), Team.organisation_id.in_(organises)), now)


def _near(session: Session, where: ColumnElement[bool], now: datetime) -> list[Near]:
    # Wherever on earth it is, and however wide the window: two days around hold it.
    around = timedelta(days=2)
    today: date = now.date()
    rows = session.execute(
        select(Activity, Team.organisation_id)
        .join(Team, Team.id == Activity.team_id)
        .where(
            Activity.service_on.between(today - around, today + around),
            Activity.state.in_(OPEN),
            where,
        )
        .order_by(Activity.service_on, Activity.starts_minute, Activity.id)
    ).all()
    decided = {each: settings_of(session, each) for each in {home for _, home in rows}}
    found = [_near_one(activity, decided[home]) for activity, home in rows]
    return [near for near in found if near.window.holds(now)]


def _near_one(activity: Activity, settings: Settings) -> Near:
    return Near(
        activity.id,
        activity.title,
        begins_at(activity.service_on, activity.starts_minute, settings.time_zone),
        admits(activity, settings),
        activity.screen_secret,
        activity.paper_secret,
    )


def _sign_ups(session: Session, activity_id: int) -> dict[int, str]:
    query = select(SignUp.volunteer_id, SignUp.state).where(
        SignUp.activity_id == activity_id, SignUp.state.in_(LIVE)
    )
    return dict(session.execute(query).all())


_in_login, _out_login = aliased(Login), aliased(Login)


def _check_ins(session: Session, activity_id: int) -> list[Row[Any]]:
    query = (
        select(
            CheckIn.volunteer_id, CheckIn.in_at, CheckIn.in_by, CheckIn.in_device,
            CheckIn.out_at, CheckIn.out_by, CheckIn.out_device,
            _in_login.display_name.label("in_actor"),
            _in_login.volunteer_id.label("in_actor_is"),
            _out_login.display_name.label("out_actor"),
            _out_login.volunteer_id.label("out_actor_is"),
        )
        .join(_in_login, _in_login.id == CheckIn.in_actor_id)
        .outerjoin(_out_login, _out_login.id == CheckIn.out_actor_id)
        .where(CheckIn.activity_id == activity_id)
    )  # fmt: skip
    rows: Any = session.execute(query).all()
    return list(rows)


def _people(session: Session, volunteer_ids: set[int]) -> dict[int, Row[Any]]:
    """Return by pinyin who stands on one list or the other of one activity."""
    if not volunteer_ids:
        return {}
    query = (
        select(Volunteer.id, Volunteer.name, Volunteer.number, Volunteer.name_keys)
        .where(Volunteer.id.in_(sorted(volunteer_ids)))
        .order_by(Volunteer.name_keys, Volunteer.id)
    )
    rows: Any = session.execute(query).all()
    return {row.id: row for row in rows}


def _stay(row: Row[Any]) -> Stay:
    return Stay(
        row.in_at, row.in_by, row.in_actor, row.out_at, row.out_by, row.out_actor,
        in_by_other=row.in_actor_is != row.volunteer_id,
        out_by_other=row.out_at is not None and row.out_actor_is != row.volunteer_id,
    )  # fmt: skip


def _credit(row: Row[Any], activity: Activity, settings: Settings, now: datetime) -> Credit:
    plan = (activity.service_on, activity.starts_minute, activity.minutes)
    return credit_of(
        in_at=row.in_at,
        out_at=row.out_at,
        planned_end_at=ends_at(*plan, settings.time_zone),
        planned_minutes=activity.minutes,
        over_plan_minutes=settings.credit_over_plan_minutes,
        now=now,
    )


def _sharers(stays: Mapping[int, Row[Any]]) -> dict[int, int]:
    """Return for how many people the device of each was used here; unknown devices count none."""
    users: dict[str, set[int]] = {}
    for volunteer_id, row in stays.items():
        for device in filter(None, (row.in_device, row.out_device)):
            users.setdefault(device, set()).add(volunteer_id)
    found: dict[int, int] = {}
    for people in users.values():
        for volunteer_id in people:
            found[volunteer_id] = max(found.get(volunteer_id, 0), len(people))
    return found
