"""The redemption days of an organisation: the 15th, every Friday, a fair; without any, always."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.rewards import keeping_showing as showing
from app.rewards.keeping_access import Keeping, keeping_of, own_keeping, own_window
from app.rewards.keeping_forms import PressForm, WindowForm
from app.rewards.keeping_views import frame
from app.rewards.operations import windows as operations
from app.rewards.queries.windows import windows_in_force
from app.rewards.rules.windows import coming_days
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.submitting import carried_out

blueprint = Blueprint("windows", __name__, url_prefix="/redemption-days")

WINDOW_FIELDS = {"window_over": "until_on", "text_too_long": "title"}
# What is missing of a rule stands at the field of its kind.
MISSING = {"month_day": "month_day", "weekday": "weekday", "dates": "until_on"}


@blueprint.get("")
@allow("stock.read")
def listing() -> ResponseReturnValue:
    """The days on which one redeems, and the next ones."""
    kept = keeping_of(db.session(), current_actor(), request.args.get("org"))
    return _page(kept, WindowForm(formdata=None), 200)


@blueprint.post("")
@allow("shelf.change")
def add() -> ResponseReturnValue:
    """Name further days."""
    kept = own_keeping(db.session(), current_actor(), request.args.get("org"))
    form = WindowForm()
    if form.validate_on_submit():
        added = carried_out(
            form,
            lambda session: operations.add_window(
                session,
                kept.organisation.id,
                form.window,
                form.title.data or "",
                actor=current_actor(),
                now=now(),
                today=kept.today,
                key=form.sent_key,
            ),
            {**WINDOW_FIELDS, "bad_window": MISSING.get(form.kind.data, "kind")},
        )
        if added is not None:
            flash(_("The redemption days are named."), "toast")
            return redirect(url_for(".listing", org=kept.code), 303)
    return _page(kept, form, 422)


@blueprint.post("/<int:window_id>/end")
@allow("shelf.change")
def end(window_id: int) -> ResponseReturnValue:
    """Let these days be no redemption days from now on."""
    actor = current_actor()
    kept = own_window(db.session(), actor, window_id)
    carried_out(
        PressForm(),
        lambda session: operations.end_window(session, window_id, actor=actor, now=now()) or True,
    )
    flash(_("These are no redemption days any more."), "toast")
    return redirect(url_for(".listing", org=kept.code), 303)


def _page(kept: Keeping, form: WindowForm, status: int) -> tuple[str, int]:
    in_force = windows_in_force(db.session(), kept.organisation.id)
    windows = in_force.windows if in_force else ()
    days = coming_days(windows, kept.today, showing.NEXT_DAYS) if windows else []
    is_own = in_force is not None and in_force.organisation_id == kept.organisation.id
    page = render_template(
        "rewards/windows.html",
        **frame(kept, "windows.listing"),
        form=form,
        rows=showing.shown_windows(in_force.rows, kept.today) if in_force else [],
        inherited_from=None if is_own or in_force is None else in_force.organisation_name,
        has_any=in_force is not None,
        next_days=showing.days_text(days),
    )
    return page, status
