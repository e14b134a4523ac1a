"""Tell the holder what somebody else did to a certificate of theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.certificates.models import Certificate
from app.certificates.rules import SUBJECT, payload_from
from app.notices.operations import tell
from app.teams.rules import Actor
from app.trail.rules import mask_text


def tell_holder(
    session: Session,
    kind: str,
    row: Certificate,
    *,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
    leads_to: int | None = None,
) -> None:
    """Tell a volunteer, unless they did it themselves or it is a team's."""
    if row.volunteer_id is None or actor.benefits(row.volunteer_id):
        return
    said = payload_from(row.payload)
    figures = {"issuer": said.issuer_name, "number": row.number}
    tell(
        session,
        f"certificate.{kind}",
        [row.volunteer_id],
        figures=figures if reason is None else {**figures, "reason": mask_text(reason)},
        path=f"/me/certificates/{leads_to or row.id}",
        at=now,
        subject_kind=SUBJECT,
        subject_id=row.id,
    )
