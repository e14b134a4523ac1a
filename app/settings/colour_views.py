"""The colours of an organisation's root: rename a theme, add one, retire one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import get_organisation, root_id_of
from app.settings import showing
from app.settings.access import Desk, own_root_desk, read_desk
from app.settings.forms import TONES, ColourForm, ThemeForm
from app.settings.queries import changes
from app.settings.rules import COLOUR_CHANGES
from app.teams import operations
from app.teams.access import today
from app.teams.forms import offered
from app.teams.operations.colours import PLAIN
from app.teams.queries import KeptColour, kept_colours
from app.web.actor import current_actor
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("colours", __name__, url_prefix="/admin/settings")

FIELD_OF = {
    "bad_theme": "name",
    "theme_taken": "name",
    "bad_glyph": "glyph",
    "glyph_taken": "glyph",
    "tone_taken": "tone",
    "not_found": "tone",
}


@blueprint.get("/<code>/colours")
@allow("setting.read")
def colours(code: str) -> str:
    """The colours that teams may bear here."""
    return _page(read_desk(current_actor(), code))


@blueprint.route("/<code>/colours/add", methods=["GET", "POST"])
@allow("setting.change")
def add(code: str) -> ResponseReturnValue:
    """Add a colour beside those there are."""
    desk = own_root_desk(current_actor(), code)
    form = ColourForm()
    taken = {one.colour.key for one in _kept(desk)}
    free = [(tone, _(label)) for tone, label in TONES if tone == PLAIN or tone not in taken]
    form.tone.choices = offered(free)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.add_colour(
                    session,
                    _root_id(desk),
                    name=form.name.data or "",
                    glyph=form.glyph.data or "",
                    tone=form.tone.data,
                    actor_id=current_actor().login_id,
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("The colour is added. Teams may bear it now."), "toast")
            return redirect(url_for(".colours", code=code), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("settings/colour_add.html", desk=desk, form=form), status


@blueprint.route("/<code>/colours/<key>", methods=["GET", "POST"])
@allow("setting.change")
def rename(code: str, key: str) -> ResponseReturnValue:
    """Give a colour another theme."""
    desk = own_root_desk(current_actor(), code)
    found = _colour(desk, key)
    form = ThemeForm(data={"name": found.colour.name})
    if form.validate_on_submit():
        try:
            with transaction() as session:
                operations.rename_colour(
                    session,
                    found.colour.id,
                    name=form.name.data or "",
                    actor_id=current_actor().login_id,
                    now=now(),
                )
        except RuleBroken as refusal:
            form.refuse(refusal, FIELD_OF.get(refusal.code))
        else:
            flash(_("Saved."), "toast")
            return redirect(url_for(".colours", code=code), 303)
    status = 422 if form.is_submitted() else 200
    return render_template("settings/colour.html", desk=desk, form=form, one=found), status


@blueprint.post("/<code>/colours/<key>/retire")
@allow("setting.change")
def retire(code: str, key: str) -> ResponseReturnValue:
    """Offer a colour to no team any more."""
    desk = own_root_desk(current_actor(), code)
    found = _colour(desk, key)
    try:
        with transaction() as session:
            operations.retire_colour(
                session,
                found.colour.id,
                on=today(),
                actor_id=current_actor().login_id,
                now=now(),
            )
    except RuleBroken as refusal:
        return _page(desk, say(refusal)), 422
    flash(_("The colour is retired. What was served in it stays."), "toast")
    return redirect(url_for(".colours", code=code), 303)


@blueprint.post("/<code>/colours/<key>/reopen")
@allow("setting.change")
def reopen(code: str, key: str) -> ResponseReturnValue:
    """Offer a retired colour to teams again."""
    desk = own_root_desk(current_actor(), code)
    found = _colour(desk, key)
    with transaction() as session:
        operations.reopen_colour(
            session, found.colour.id, actor_id=current_actor().login_id, now=now()
        )
    flash(_("The colour is offered again."), "toast")
    return redirect(url_for(".colours", code=code), 303)


def _page(desk: Desk, refusal: str | None = None) -> str:
    session, root_id = db.session(), _root_id(desk)
    return render_template(
        "settings/colours.html",
        desk=desk,
        root=get_organisation(session, root_id),
        may_change=root_id in current_actor().organises,
        colours=kept_colours(session, root_id),
        refusal=refusal,
        history=showing.history(changes(session, [root_id], COLOUR_CHANGES)),
    )


def _root_id(desk: Desk) -> int:
    return root_id_of(db.session(), desk.organisation.id)


def _kept(desk: Desk) -> list[KeptColour]:
    return kept_colours(db.session(), _root_id(desk))


def _colour(desk: Desk, key: str) -> KeptColour:
    found = [one for one in _kept(desk) if one.colour.key == key]
    return found[0] if found else not_found()
