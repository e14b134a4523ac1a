"""Say which volunteer a sign-in belongs to; from then on it approves nothing of theirs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.errors import N_, RuleBroken
from app.people.operations.sessions import locked_login
from app.people.queries import get_volunteer, login_of
from app.trail.operations import note
from app.trail.queries import after_last_act


class LinkedAlready(RuleBroken):
    code = "linked_already"
    message = N_("This sign-in belongs to a volunteer already.")


class SignsInAlready(RuleBroken):
    code = "signs_in_already"
    message = N_("%(name)s has a sign-in of their own already.")


def link_volunteer(
    session: Session, login_id: int, volunteer_id: int, *, actor_id: int, now: datetime
) -> None:
    """Link a login that is nobody's with a volunteer who has none; for good.

    Whether they may is judged above, where teams are known (teams.operations).
    """
    login = locked_login(session, login_id)
    volunteer = get_volunteer(session, volunteer_id)
    if login.volunteer_id == volunteer_id:
        return
    if login.volunteer_id is not None:
        raise LinkedAlready
    if login_of(session, volunteer_id) is not None:
        raise SignsInAlready(name=volunteer.name)
    before = {"volunteer_id": None, "display_name": login.display_name}
    try:
        with session.begin_nested():
            login.volunteer_id = volunteer_id
            login.linked_at = after_last_act(session, login_id, now)
            login.display_name = volunteer.name
    except IntegrityError:
        # Their own login was made since it was looked for.
        raise SignsInAlready(name=volunteer.name) from None
    note(
        session,
        operation="link_volunteer",
        actor_id=actor_id,
        at=now,
        subject_kind="login",
        subject_id=login_id,
        organisation_id=volunteer.organisation_id,
        before=before,
        after={"volunteer_id": volunteer_id, "display_name": volunteer.name},
    )
