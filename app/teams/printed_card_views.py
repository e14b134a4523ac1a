"""Volunteer cards to print: one person's, or a whole team's on A4 sheets.

A POST makes them and leads to a page that shows them for some minutes, on this device only; a
new card ends the one before.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db, transaction
from app.people import queries as people_queries
from app.people.operations import make_cards
from app.people.queries import Namesake
from app.people.rules.passwords import card_token, digest
from app.teams import queries
from app.teams.access import (
    may_change_members,
    member_of_team,
    membered_team,
    organisation_names,
    own_person,
    today,
)
from app.teams.papers import SHOWN_FOR, public_address, qr, seed_of, shown
from app.teams.queries import TeamRow
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("cards", __name__)

CARDS = "cards"
A_SHEET = (8, 10)
# A card has room for so many chips.
MOST_CHIPS = 3


class PrintedCard(NamedTuple):
    """One card as it is printed."""

    name: str
    number: str
    organisation: str
    teams: list[TeamRow]
    symbol: Markup
    made_at: datetime


@blueprint.route("/admin/people/<int:volunteer_id>/card", methods=["GET", "POST"])
@allow("volunteer.change")
def person(volunteer_id: int) -> ResponseReturnValue:
    """Ask first, then show a person's fresh card."""
    actor = current_actor()
    volunteer = own_person(actor, volunteer_id)
    if volunteer.number is None or volunteer.state != "active":
        not_found()
    back = url_for("person_desk.person", volunteer_id=volunteer_id)
    return _cards_page(actor, [volunteer_id], back=back, title=volunteer.name)


@blueprint.route("/teams/<code>/members/<int:membership_id>/card", methods=["GET", "POST"])
@allow("team_member.change")
def member(code: str, membership_id: int) -> ResponseReturnValue:
    """Make a member a card."""
    actor = current_actor()
    team = _led_team(actor, code)
    one = member_of_team(team, membership_id).volunteer_id
    if one not in _members(team):
        not_found()
    name = people_queries.get_volunteer(db.session(), one).name
    return _cards_page(actor, [one], back=url_for("teams.members", code=code), title=name)


@blueprint.route("/teams/<code>/cards", methods=["GET", "POST"])
@allow("team_member.change")
def team(code: str) -> ResponseReturnValue:
    """Make cards for a whole team, or for those of it who have none."""
    actor = current_actor()
    found = _led_team(actor, code)
    back, people = url_for("teams.members", code=code), _members(found)
    if not people:
        flash(_("Nobody in this team has a volunteer number yet."), "info")
        return redirect(back, 303)
    return _cards_page(actor, people, back=back, title=found.name)


def _led_team(actor: Actor, code: str) -> TeamRow:
    team = membered_team(actor, code)
    return team if may_change_members(actor, team) else not_found()


def _members(team: TeamRow) -> list[int]:
    members = queries.members_on(db.session(), team.id, today())
    return [one.volunteer_id for one in members if one.number and one.state == "active"]


def _cards_page(actor: Actor, people: Sequence[int], *, back: str, title: str) -> Response | str:
    """Return the question, or after a POST the cards, of people in the actor's reach."""
    if request.method == "POST":
        return _made(actor, people)
    cards = _cards(people)
    if cards and "new" not in request.args:
        return _sheets(cards, back)
    held = people_queries.card_holders(db.session(), people)
    return render_template(
        "teams/ask_cards.html",
        title=title,
        back=back,
        count=len(people),
        held=len(held),
        made_at=next(iter(held.values()), None),
        a_sheet=A_SHEET,
    )


def _made(actor: Actor, people: Sequence[int]) -> Response:
    nonce, chosen = secrets.token_hex(16), set(people)
    with transaction() as writing:
        if request.form.get("whom") == "without":
            chosen -= set(people_queries.card_holders(writing, people))
        make_cards(writing, chosen, seed=_seed(nonce), actor_id=actor.login_id, now=now())
    if chosen:
        session[CARDS] = {"nonce": nonce, "until": (now() + SHOWN_FOR).isoformat()}
    else:
        flash(_("Everybody has a card already; nothing was changed."), "info")
    return redirect(_address_with(_per_sheet(request.form)), 303)


# ── the cards, for some minutes ───────────────────────────────────────────────────────────


def _seed(nonce: str) -> bytes:
    return seed_of("cards", nonce)


def _cards(people: Sequence[int]) -> list[PrintedCard]:
    """Return the cards of these people that were made here minutes ago and still work."""
    kept: dict[str, Any] = session.get(CARDS) or {}
    if not kept or datetime.fromisoformat(kept["until"]) < now():
        return []
    seed = _seed(kept["nonce"])
    tokens = {one: card_token(seed, one) for one in people}
    by_digest = {digest(token): one for one, token in tokens.items()}
    made = people_queries.cards_by_tokens(db.session(), by_digest)
    made_at = {by_digest[key]: at for key, at in made.items()}
    names, teams = organisation_names(), _teams_of(made_at)
    return [
        _card(one, names[one.organisation_id], teams.get(one.id, []), tokens[one.id], made_at)
        for one in people_queries.volunteers_by_ids(db.session(), made_at)
    ]


def _card(
    one: Namesake,
    organisation: str,
    teams: list[TeamRow],
    token: str,
    made_at: dict[int, datetime],
) -> PrintedCard:
    opens = public_address("card.enter", token=token)
    symbol = qr(opens or url_for("card.enter", token=token, _external=True))
    return PrintedCard(one.name, one.number or "", organisation, teams, symbol, made_at[one.id])


def _teams_of(people: dict[int, datetime]) -> dict[int, list[TeamRow]]:
    """Return the teams that people belong to today, as many as a card has room for."""
    rows = queries.membership_rows(db.session(), list(people), on=today())
    teams = queries.teams_by_ids(db.session(), {row.team_id for row in rows})
    belongs = {(row.volunteer_id, row.team_id) for row in rows}
    return {
        one: [team for team in teams if (one, team.id) in belongs][:MOST_CHIPS] for one in people
    }


def _sheets(cards: list[PrintedCard], back: str) -> Response:
    size = _per_sheet(request.args)
    return shown(
        "teams/cards.html",
        sheets=[cards[at : at + size] for at in range(0, len(cards), size)],
        count=len(cards),
        size=size,
        sizes=[(each, _address_with(each)) for each in A_SHEET],
        back=back,
        address=public_address("people.sign_in"),
    )


def _per_sheet(given: Any) -> int:
    return A_SHEET[1] if given.get("a_sheet") == str(A_SHEET[1]) else A_SHEET[0]


def _address_with(size: int) -> str:
    return url_for(request.endpoint or "", **(request.view_args or {}), a_sheet=size)
