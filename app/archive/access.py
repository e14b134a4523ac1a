"""Whose archive somebody reads or keeps: whatever lies outside answers 404.

A volunteer reads their whole archive, complaints about them included and from the day they
were entered: what counts against somebody and is hidden from them could never be answered
(docs/privacy.md). Who complained stands nowhere in it.
"""

from __future__ import annotations

from flask import current_app

from app.archive.rules.entries import WITH_ARCHIVE
from app.archive.rules.sealing import SealKey, seal_key
from app.db import db
from app.people.models import Volunteer
from app.people.queries import get_volunteer
from app.teams.access import own_person, own_volunteer_id, readable_person
from app.teams.rules import Actor
from app.web.policy import not_found


def readable_archive(actor: Actor, volunteer_id: int) -> Volunteer:
    """Return somebody whose archive a desk reads: an organiser or auditor above them."""
    person = readable_person(actor, volunteer_id)
    if person.organisation_id not in actor.organises | actor.audits:
        not_found()
    return _with_archive(person)


def kept_archive(actor: Actor, volunteer_id: int) -> Volunteer:
    """Return somebody whose archive an organiser keeps."""
    return _with_archive(own_person(actor, volunteer_id))


def own_archive(actor: Actor) -> Volunteer:
    """Return whose own archive it is: oneself, or for whom one acts."""
    return _with_archive(get_volunteer(db.session(), own_volunteer_id(actor)))


def document_key() -> SealKey:
    """Return the key by which this instance seals ID numbers."""
    return seal_key(str(current_app.config["SECRET_KEY"]))


def _with_archive(person: Volunteer) -> Volunteer:
    return person if person.state in WITH_ARCHIVE else not_found()
