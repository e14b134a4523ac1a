"""Put people whom a sheet names and nobody knows on the list of volunteers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from app.errors import NotAllowed, RuleBroken
from app.imports.operations.uploads import look_again, open_upload
from app.people.operations import Person, add_volunteers, person_of
from app.people.rules.names import normal_phone
from app.teams.rules import Actor


def add_newcomers(
    session: Session,
    upload_id: int,
    people: Sequence[tuple[str, str]],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Add everybody of these names and phones, in the file's organisation; look at it again."""
    upload = open_upload(session, upload_id)
    if upload.organisation_id not in actor.organises:
        raise NotAllowed
    new = [_person(upload.organisation_id, name, phone) for name, phone in people]
    add_volunteers(session, new, actor_id=actor.login_id, now=now)
    look_again(session, upload_id, actor_id=actor.login_id, now=now)


def _person(organisation_id: int, name: str, phone: str) -> Person:
    try:
        normal_phone(phone)
    except RuleBroken:
        phone = ""  # it can be filled in later; the name is what the sheet needs
    return person_of(organisation_id=organisation_id, name=name, phone=phone or None)
