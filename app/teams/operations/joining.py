"""A visitor asks to join: kept once, bounded, and answered alike whoever asks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import case, delete, func, select, text, update
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.errors import N_, RuleBroken
from app.people.rules.consent import OWN_CONSENT_AGE, PRIVACY_VERSION, is_child
from app.people.rules.names import checked_birth_date, normal_name, normal_phone
from app.people.rules.purposes import MINORS_VERSION
from app.teams.models import JoinRequest, JoinTry, JoinWish
from app.trail.operations import note

# Many people share one address: a community office, a phone company.
MOST_FROM_AN_ADDRESS = 10
MOST_A_DAY = 300
# A family shares one phone; more than these are nobody's family.
MOST_OF_A_PHONE = 5
A_DAY = timedelta(days=1)
TRIES_KEPT = timedelta(days=2)
# For so long a refused request keeps name and phone, should its owner ask why.
REFUSED_KEPT = timedelta(days=180)
_lock = text("SELECT pg_advisory_xact_lock(7107)")


class TooManyRequests(RuleBroken):
    code = "too_many_requests"
    message = N_(
        "Many requests came in today and no more can be taken here. Please try again tomorrow, or"
        " call at the community office."
    )


class PhoneMissing(RuleBroken):
    code = "bad_phone"
    message = N_("Fill in a phone number: it is how you are told the answer.")


class GuardianMissing(RuleBroken):
    code = "guardian_missing"
    message = N_("Under %(age)s a guardian's name and phone are needed, and their consent.")

    def __init__(self) -> None:
        super().__init__(age=OWN_CONSENT_AGE)


class Asking(NamedTuple):
    """What a visitor says of themselves; made by `asking_of`, before a transaction begins."""

    organisation_id: int
    name: str
    phone: str
    born_on: date | None
    guardian_name: str | None
    guardian_phone: str | None
    team_ids: tuple[int, ...]
    wants_advice: bool


def asking_of(
    *,
    organisation_id: int,
    name: str,
    phone: str,
    born_on: date | None,
    guardian_name: str,
    guardian_phone: str,
    team_ids: Collection[int],
    today: date,
) -> Asking:
    """Return what a visitor says as it is kept, or refuse it. Reads no database."""
    kept_phone = normal_phone(phone)
    if kept_phone is None:
        raise PhoneMissing
    checked_birth_date(born_on, today)
    is_young = is_child(born_on, today)
    if is_young and not (guardian_name.strip() and guardian_phone.strip()):
        raise GuardianMissing
    return Asking(
        organisation_id=organisation_id,
        name=normal_name(name),
        phone=kept_phone,
        born_on=born_on,
        guardian_name=normal_name(guardian_name) if is_young else None,
        guardian_phone=normal_phone(guardian_phone) if is_young else None,
        team_ids=tuple(sorted(set(team_ids))),
        wants_advice=not team_ids,
    )


def ask_to_join(
    session: Session, asking: Asking, *, address_sha256: str, is_machine: bool, now: datetime
) -> None:
    """Keep a request; the same person's open one only gains the teams it did not name.

    Nothing tells the asker which it was. `is_machine`: filled in what no person sees.
    """
    if is_postgresql(session):
        # One at a time: two taps, or two machines at the limit, arrive at once.
        session.execute(_lock)
    _count(session, address_sha256, now)
    if is_machine:
        return
    request = _open_request(session, asking)
    is_new = request is None
    request = request or _new_request(session, asking, now)
    if request is None or not (_wish(session, request, asking) or is_new):
        return
    note(
        session,
        operation="ask_to_join",
        actor_id=None,
        at=now,
        subject_kind="join_request",
        subject_id=request.id,
        organisation_id=asking.organisation_id,
        after={
            "teams": list(asking.team_ids),
            "privacy_version": request.privacy_version,
            "minors_version": request.minors_version,
            "consent_by": request.consent_by,
        },
    )


def _count(session: Session, address_sha256: str, now: datetime) -> None:
    lately = JoinTry.at > now - A_DAY
    counting = select(func.count()).select_from(JoinTry).where(lately)
    if (session.scalar(counting) or 0) >= MOST_A_DAY:
        raise TooManyRequests
    here = counting.where(JoinTry.address_sha256 == address_sha256)
    if (session.scalar(here) or 0) >= MOST_FROM_AN_ADDRESS:
        raise TooManyRequests
    session.add(JoinTry(address_sha256=address_sha256, at=now))
    forget_requests(session, now)


def forget_requests(session: Session, now: datetime) -> None:
    """Forget old sendings; take name and phone out of what was refused long ago."""
    session.execute(delete(JoinTry).where(JoinTry.at < now - TRIES_KEPT))
    guardian = case((JoinRequest.guardian_name.is_(None), None), else_="")
    session.execute(
        update(JoinRequest)
        .where(JoinRequest.state == "refused", JoinRequest.phone != "")
        .where(JoinRequest.decided_at < now - REFUSED_KEPT)
        .values(name="", phone="", born_on=None, guardian_name=guardian, guardian_phone=guardian)
        .execution_options(synchronize_session=False)
    )


def _open_request(session: Session, asking: Asking) -> JoinRequest | None:
    return session.scalar(
        select(JoinRequest).where(
            JoinRequest.organisation_id == asking.organisation_id,
            JoinRequest.phone == asking.phone,
            JoinRequest.name == asking.name,
            JoinRequest.state == "open",
        )
    )


def _new_request(session: Session, asking: Asking, now: datetime) -> JoinRequest | None:
    of_phone = select(func.count()).where(
        JoinRequest.phone == asking.phone, JoinRequest.state == "open"
    )
    if (session.scalar(of_phone) or 0) >= MOST_OF_A_PHONE:
        return None
    request = JoinRequest(
        organisation_id=asking.organisation_id,
        name=asking.name,
        phone=asking.phone,
        born_on=asking.born_on,
        guardian_name=asking.guardian_name,
        guardian_phone=asking.guardian_phone,
        wants_advice=asking.wants_advice,
        privacy_version=PRIVACY_VERSION,
        minors_version=MINORS_VERSION if asking.guardian_name else None,
        consent_by="guardian" if asking.guardian_name else "self",
        asked_at=now,
    )
    session.add(request)
    session.flush()
    return request


def _wish(session: Session, request: JoinRequest, asking: Asking) -> bool:
    """Add the teams not wished for yet; tell whether there was anything to add."""
    known = set(session.scalars(select(JoinWish.team_id).where(JoinWish.request_id == request.id)))
    added = [team_id for team_id in asking.team_ids if team_id not in known]
    session.add_all(JoinWish(request_id=request.id, team_id=team_id) for team_id in added)
    gains_advice = asking.wants_advice and not request.wants_advice
    request.wants_advice = request.wants_advice or asking.wants_advice
    session.flush()
    return bool(added) or gains_advice
