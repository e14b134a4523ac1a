"""What a page of the ledger is sure to read, asked in one trip."""

from __future__ import annotations

from typing import Any

from app.disputes.queries import asking_marks
from app.ledger.queries import asking_balances
from app.notices.access import inbox_of
from app.notices.queries import asking_unread
from app.organisations.queries import asking_settings_of_person
from app.passbook.queries import asking_latest, asking_waiting
from app.service.queries import asking_lifetime
from app.teams.rules import Actor


def asking_page(volunteer_id: int, actor: Actor, *, is_latest: bool) -> list[tuple[Any, ...]]:
    """Return the queries that follow from nothing the page reads itself.

    The lines of a year, a filter or an earlier page are asked for when they are known.
    """
    asked = [
        asking_settings_of_person(volunteer_id),
        asking_lifetime(volunteer_id),
        asking_balances(volunteer_id),
        asking_marks(volunteer_id),
    ]
    if is_latest:
        asked += [asking_latest(volunteer_id), asking_waiting(volunteer_id)]
    if not (actor.leads or actor.organises):
        # Beside the ways through the site; who leads has more counted there.
        asked.append(asking_unread(inbox_of(actor)))
    return asked
