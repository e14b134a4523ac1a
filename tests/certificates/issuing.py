"""Certificates in the small community of the service's tests."""

from __future__ import annotations

from datetime import date
from typing import Any

from app.certificates.operations import Asked, issue_service_record
from app.certificates.queries.certificates import CertificateRow, find_certificate
from app.db import db, transaction
from app.teams.rules import Actor
from tests.service.community import NOW, Community
from tests.serving import SECRET

YEAR = (date(2026, 1, 1), date(2026, 2, 3))
TITLE = "志愿服务记录证明"


def person(community: Community, place: int) -> Actor:
    """Return somebody of the community as they act for themselves."""
    volunteer_id = community.volunteers[place]
    known = community.actors.values()
    found = next((each for each in known if each.volunteer_id == volunteer_id), None)
    return found or Actor(community.actor("organiser").login_id, volunteer_id, "somebody")


def issued(community: Community, place: int = 3, **more: Any) -> CertificateRow:
    """Issue somebody a certificate of their own and return it as it is committed."""
    from_on, until_on = more.pop("span", YEAR)
    asked = Asked(community.volunteers[place], from_on, until_on, TITLE)
    given = {
        "actor": person(community, place),
        "now": NOW,
        "key": community.fresh_key(),
        "secret": SECRET,
        **more,
    }
    with transaction() as session:
        made = issue_service_record(session, asked, **given)
    return row(made)


def row(certificate_id: int) -> CertificateRow:
    """Return a certificate as it is committed."""
    session = db.session()
    session.rollback()
    found = find_certificate(session, certificate_id)
    session.rollback()
    assert found is not None
    return found
