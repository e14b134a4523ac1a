"""The approval desk: what waits, why each needs a look, and deciding on many at once."""

from __future__ import annotations

from collections.abc import Sequence

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.service import operations
from app.service.asides import asides_for, questioned_by
from app.service.desk_showing import (
    MOST_TEAMS_IN_A_ROW,
    asked_of,
    clean_ones,
    clean_text,
    reason_choices,
    shown_waiting,
    team_choices,
)
from app.service.forms import WaitingForm
from app.service.queries import records_by_id, tallies_for, waiting_for
from app.service.second_look import flags_for
from app.service.showing import what_and_when
from app.service.views import blueprint
from app.web.actor import current_actor
from app.web.pagination import page_of, url_with
from app.web.policy import allow
from app.web.saying import say

PAGE_SIZE = 50


@blueprint.route("/waiting", methods=["GET", "POST"])
@allow("service_record.approve")
def waiting() -> ResponseReturnValue:
    """List what waits for this person; approve or send back what is ticked."""
    form = WaitingForm()
    if not form.validate_on_submit():
        return _waiting_page(form)
    try:
        decided = _decide(form)
    except RuleBroken as refusal:
        form.refuse(refusal)
        return _waiting_page(form)
    if decided.refusals:
        form.renew_key()
        return _waiting_page(form, decided)
    flash(_done_text(form, len(decided.done_ids)), "success")
    return redirect(url_with({}), 303)


def _decide(form: WaitingForm) -> operations.Decided:
    actor, at, key = current_actor(), now(), form.sent_key
    reason = form.reason.data or ""
    # What raises no question needs no reason; one typed for others is not theirs.
    given = None if form.do.data == "clean" else reason or None
    with transaction() as session:
        if form.do.data == "send_back":
            return operations.send_back_each(
                session, form.chosen, actor=actor, now=at, reason=reason, key=key
            )
        return operations.approve_each(
            session, form.chosen, actor=actor, now=at, reason=given, key=key
        )


def _done_text(form: WaitingForm, count: int) -> str:
    if form.do.data == "send_back":
        said = ngettext("%(num)s sent back.", "%(num)s sent back.", count)
    else:
        said = _("%(count)s approved.", count=count)
    return str(said)


def _waiting_page(form: WaitingForm, decided: operations.Decided | None = None) -> tuple[str, int]:
    session, actor = db.session(), current_actor()
    tallies = tallies_for(session, actor)
    asked = asked_of(tallies, request.args.get("reason"), request.args.get("team"))
    page = page_of(asked.total, size=PAGE_SIZE)
    rows = waiting_for(
        session,
        actor,
        reason=asked.reason,
        team_code=asked.team_code,
        offset=page.offset,
        limit=page.size,
    )
    flags = flags_for(session, rows, now())
    asides = asides_for(session, actor, [row.record.id for row in rows])
    questioned = questioned_by(asides)
    clean = clean_ones([row for row in rows if row.record.id not in questioned], flags)
    teams = team_choices(tallies, asked)
    reasons = _refused(decided)
    shown = render_template(
        "service/waiting.html",
        form=form,
        action=url_with({}),
        rows=[shown_waiting(row, flags[row.record.id]) for row in rows],
        page=page,
        clean=clean,
        clean_text=clean_text(clean),
        asked=asked,
        reason_choices=reason_choices(tallies, asked),
        team_choices=teams,
        teams_as_list=len(teams) > MOST_TEAMS_IN_A_ROW,
        errors=_errors(form, decided, {row.record.id for row in rows}),
        reasons=reasons,
        asides=asides,
        ticked=set(form.record.data),
        asks_reason=any(row.needs_reason and row.may_decide for row in rows),
        done=_done_text(form, len(decided.done_ids)) if decided and decided.done_ids else "",
    )
    return shown, 422 if form.is_submitted() else 200


def _refused(decided: operations.Decided | None) -> dict[int, str]:
    refusals = decided.refusals if decided else {}
    return {record_id: say(refusal) for record_id, refusal in refusals.items()}


def _errors(
    form: WaitingForm, decided: operations.Decided | None, listed: set[int]
) -> Sequence[tuple[str | None, str]]:
    """Return what was refused, each record by name: what is settled meanwhile is listed no more."""
    errors: list[tuple[str | None, str]] = [(None, str(each)) for each in form.form_errors]
    errors += [(field.id, str(each)) for field in form for each in field.errors]
    reasons = _refused(decided)
    for record_id, record in records_by_id(db.session(), reasons).items():
        about = f"{record.volunteer_name}·{what_and_when(record)}"
        said = _("%(about)s: %(why)s", about=about, why=reasons[record_id])
        errors.append((f"record-{record_id}" if record_id in listed else None, said))
    return errors
