"""Split an organisation: name the new ones, choose teams, see who goes, confirm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.db import db
from app.errors import RuleBroken
from app.organisations.models import Organisation
from app.organisations.operations import check_codes_free
from app.organisations.rules import side_taken
from app.people.step_up import asks_again
from app.settings import operations, queries, tree_showing
from app.settings.access import own_node, parent_in_reach
from app.settings.operations.splitting import check_parts
from app.settings.tree_forms import MOST_PARTS, ReasonForm, Typed, typed_split
from app.teams.access import today
from app.teams.queries import TeamRow, teams_in
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("tree_split", __name__, url_prefix="/admin/organisations")


@blueprint.get("/<code>/split")
@allow("organisation.change")
def choose(code: str) -> str:
    """Name the new organisations and say which teams go where."""
    one = _own(code)
    if one.retired_on is not None:
        not_found()
    teams = _teams(one)
    return _form(one, teams, typed_split([team.id for team in teams]), ReasonForm(formdata=None))


@blueprint.post("/<code>/split")
@allow("organisation.change")
@asks_again
def split(code: str) -> ResponseReturnValue:
    """Add a line, show what would happen, or do it: whichever button was used."""
    one, step = _own(code), request.form.get("step", "")
    teams, form = _teams(one), ReasonForm()
    typed = typed_split(_sent_teams(), more=step == "more")
    if step in {"more", "back"}:
        return _form(one, teams, typed, ReasonForm(formdata=None))
    if step == "confirm":
        return _carry_out(one, teams, typed, form)
    return _preview(one, teams, typed, ReasonForm(formdata=None))


def _carry_out(
    one: Organisation, teams: Sequence[TeamRow], typed: Typed, form: ReasonForm
) -> ResponseReturnValue:
    actor = current_actor()
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: operations.split_organisation(
            session,
            one.id,
            typed.parts,
            chosen=typed.chosen,
            without_team=typed.loose,
            reason=form.reason.data or "",
            actor_id=actor.login_id,
            now=now(),
            key=form.sent_key,
        ),
    ):
        made = len(typed.parts)
        said = ngettext(
            "%(num)s new organisation begins today.",
            "%(num)s new organisations begin today.",
            made,
        )
        flash(said, "success")
        return redirect(url_for("tree.tree"), 303)
    return _preview(one, teams, typed, form)


def _own(code: str) -> Organisation:
    """Return an organisation beside which somebody may make others."""
    one = own_node(current_actor(), code)
    return one if parent_in_reach(current_actor(), one) else not_found()


def _teams(one: Organisation) -> list[TeamRow]:
    return teams_in(db.session(), [one.id], on=today())


def _sent_teams() -> list[int]:
    """Return the teams the form named: one that went meanwhile is refused, not overlooked."""
    found = (name.removeprefix("team-") for name in request.form if name.startswith("team-"))
    return [int(each) for each in found if each.isascii() and each.isdigit() and len(each) < 19]


def _form(
    one: Organisation,
    teams: Sequence[TeamRow],
    typed: Typed,
    form: ReasonForm,
    refusal: RuleBroken | None = None,
) -> str:
    if refusal is not None:
        form.refuse(refusal)
    return render_template(
        "settings/split.html",
        one=one,
        form=form,
        teams=teams,
        typed=typed,
        options=[("", _("stays"))] + [(place, _place_name(place)) for place in _lines(typed)],
        may_add=len(typed.names) < MOST_PARTS,
    )


def _preview(
    one: Organisation,
    teams: Sequence[TeamRow],
    typed: Typed,
    form: ReasonForm,
) -> ResponseReturnValue:
    session, parts = db.session(), typed.parts
    try:
        check_parts(one, parts, teams)
        check_codes_free(session, [part.code for part in parts])
    except RuleBroken as refusal:
        return _form(one, teams, typed, ReasonForm(formdata=None), refusal), 422
    going = queries.divided(session, one.id, [part.team_ids for part in parts], today())
    page = render_template(
        "settings/split_preview.html",
        one=one,
        form=form,
        typed=typed,
        fields=_fields(typed),
        parts=_part_lines(typed, teams, going),
        stay=_stay_line(one, teams, typed, going),
        torn=_torn_lines(one, typed, going),
        loose=_loose(one, typed, going),
        staying=tree_showing.staying(queries.open_at(session, one.id, [], today())),
        is_root=one.parent_id is None,
        today=today(),
    )
    return page, 422 if form.errors or form.form_errors else 200


# ── what the preview shows ────────────────────────────────────────────────────────────────


def _place_name(place: int) -> str:
    return str(_("to new organisation %(number)s", number=place + 1))


def _lines(typed: Typed) -> range:
    return range(len(typed.names))


def _fields(typed: Typed) -> list[tuple[str, Any]]:
    """Return what was typed, to be sent along unseen."""
    fields: list[tuple[str, Any]] = [("count", len(typed.names))]
    for place in _lines(typed):
        fields += [(f"name-{place}", typed.names[place]), (f"code-{place}", typed.codes[place])]
    return fields + [(f"team-{team}", place) for team, place in sorted(typed.team_places.items())]


def _part_lines(
    typed: Typed, teams: Sequence[TeamRow], going: queries.Divided
) -> list[dict[str, Any]]:
    found = []
    for order, part in enumerate(typed.parts):
        people = going.to(order, typed.chosen, typed.loose)
        found.append(
            {
                "name": part.name,
                "code": part.code,
                "teams": [team for team in teams if team.id in part.team_ids],
                "people": tree_showing.people_text(len(people)),
            }
        )
    return found


def _stay_line(
    one: Organisation, teams: Sequence[TeamRow], typed: Typed, going: queries.Divided
) -> dict[str, Any]:
    people = going.to(None, typed.chosen, typed.loose)
    staying = [team for team in teams if team.id not in typed.team_places]
    return {
        "name": one.name,
        "code": one.code,
        "teams": staying,
        "people": tree_showing.people_text(len(people)),
    }


def _torn_lines(one: Organisation, typed: Typed, going: queries.Divided) -> list[dict[str, Any]]:
    """Return those with teams on several sides, each with where they may go."""
    torn, places, parts = going.torn, typed.places, typed.parts
    meant = queries.people_meant(one.id, only=torn)
    names = queries.people_found(db.session(), meant) if torn else []
    found = []
    for person, number, name in names:
        sides = torn[person]
        options: list[tuple[Any, str]] = [("", _("stays"))] if None in sides else []
        going_to = sorted(side for side in sides if side is not None)
        options += [(places[side], parts[side].name) for side in going_to]
        taken = side_taken(sides, typed.chosen, person)
        found.append(
            {
                "field": f"goes-{person}",
                "label": f"{name} {number or ''}".strip(),
                "options": options,
                "selected": "" if taken is None else places[taken],
            }
        )
    return found


def _loose(one: Organisation, typed: Typed, going: queries.Divided) -> dict[str, Any] | None:
    """Return where people without a team may go, if there are any."""
    if not going.without_team:
        return None
    options: list[tuple[Any, str]] = [("", _("stay at %(name)s", name=one.name))]
    options += [(place, part.name) for place, part in zip(typed.places, typed.parts, strict=True)]
    return {
        "people": tree_showing.people_text(len(going.without_team)),
        "options": options,
        "selected": "" if typed.loose is None else typed.places[typed.loose],
    }
