"""Adjustments: what waits and what was decided, the page of one, and each way to answer it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.adjustments import operations, queries
from app.adjustments.access import Seen, reach_of, seen_adjustment, waits_for
from app.adjustments.forms import AnswerForm, ReasonForm
from app.adjustments.queries import AdjustmentRow
from app.adjustments.showing import shown_adjustment, shown_shortfall
from app.clock import now
from app.db import db
from app.people.step_up import asks_again
from app.service.lacking import lack_texts
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.filters import instant
from app.web.forms import Form
from app.web.policy import allow
from app.web.saying import say
from app.web.submitting import carried_out

blueprint = Blueprint("adjustments", __name__, url_prefix="/adjustments")


# ── the lists ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("")
@allow("adjustment.read")
def everything() -> str:
    """List what waits for this person or for somebody else, and what was decided lately."""
    session, actor = db.session(), current_actor()
    reach = reach_of(actor)
    waiting = queries.waiting_adjustments(session, reach)
    mine = [row for row in waiting if waits_for(actor, row)]
    show = request.args.get("show", "")
    return render_template(
        "adjustments/list.html",
        ways=_ways(show, len(mine)),
        lists=_lists(session, actor, show, mine, waiting),
        may_ask=bool(actor.organises),
    )


def _lists(
    session: Session,
    actor: Actor,
    show: str,
    mine: list[AdjustmentRow],
    waiting: list[AdjustmentRow],
) -> list[dict[str, Any]]:
    """Return the lists of the page, each with its heading."""
    apart = {row.id for row in mine}
    others = [row for row in waiting if row.id not in apart]
    done = queries.done_adjustments(session, reach_of(actor)) if show != "waiting" else []
    every = {
        "mine": (_("Wait for you"), mine),
        "others": (_("Wait for somebody else"), others),
        "done": (_("Decided"), done),
    }
    wanted = {"waiting": ("mine", "others"), "done": ("done",)}.get(show, tuple(every))
    return [
        {"id": f"h-{name}", "title": title, "rows": [shown_adjustment(row) for row in rows]}
        for name, (title, rows) in every.items()
        if name in wanted and rows
    ]


def _ways(show: str, mine: int) -> list[dict[str, Any]]:
    """Return the filters of the list, the covered shortfalls behind them."""
    labels = {
        "": _("All"),
        "waiting": _("Waiting (%(count)s for you)", count=mine) if mine else _("Waiting"),
        "done": _("Decided"),
    }
    ways: list[dict[str, Any]] = [
        {"url": url_for(".everything", show=name or None), "label": label, "current": name == show}
        for name, label in labels.items()
    ]
    here = request.endpoint == "adjustments.shortfalls"
    if here:
        ways[0]["current"] = False
    covered = {"url": url_for(".shortfalls"), "label": _("Covered shortfalls"), "current": here}
    return [*ways, covered]


@blueprint.get("/shortfalls")
@allow("adjustment.read")
def shortfalls() -> str:
    """List what the community covered: for whom, how much, why, and who decided."""
    session, actor = db.session(), current_actor()
    reach = reach_of(actor)
    waiting = queries.waiting_adjustments(session, reach)
    return render_template(
        "adjustments/shortfalls.html",
        ways=_ways("", sum(1 for row in waiting if waits_for(actor, row))),
        rows=[shown_shortfall(one) for one in queries.covered_shortfalls(session, reach)],
    )


# ── one of them ───────────────────────────────────────────────────────────────────────────


@blueprint.get("/<int:adjustment_id>")
@allow("adjustment.read")
def one(adjustment_id: int) -> ResponseReturnValue:
    """Show what was asked for and what became of it, with the ways to answer."""
    return _page(_seen(adjustment_id), ReasonForm(formdata=None))


@blueprint.post("/<int:adjustment_id>/confirm")
@allow("adjustment.confirm")
@asks_again
def confirm(adjustment_id: int) -> ResponseReturnValue:
    """Agree as the second person: it is posted at once."""
    return _answer(adjustment_id, operations.confirm, AnswerForm(), _("Confirmed and posted."))


@blueprint.post("/<int:adjustment_id>/refuse")
@allow("adjustment.confirm")
def refuse(adjustment_id: int) -> ResponseReturnValue:
    """Refuse as the second person, with a reason."""
    told = _("Refused. Nothing was posted.")
    return _answer(adjustment_id, operations.refuse, ReasonForm(), told)


@blueprint.post("/<int:adjustment_id>/withdraw")
@allow("adjustment.make")
def withdraw(adjustment_id: int) -> ResponseReturnValue:
    """Take back what one asked for."""
    told = _("Withdrawn. Nothing was posted.")
    return _answer(adjustment_id, operations.withdraw, AnswerForm(), told)


@blueprint.post("/<int:adjustment_id>/alone")
@allow("adjustment.make")
@asks_again
def alone(adjustment_id: int) -> ResponseReturnValue:
    """Do alone, a day later, what nobody else could confirm."""
    told = _("Posted, and marked as done by one person.")
    return _answer(adjustment_id, operations.do_alone, ReasonForm(), told)


def _answer(
    adjustment_id: int, operate: Callable[..., None], form: Form, told: str
) -> ResponseReturnValue:
    seen = _seen(adjustment_id)
    given = {"reason": form.reason.data or ""} if isinstance(form, ReasonForm) else {}

    def answering(session: Session) -> None:
        operate(
            session, adjustment_id, actor=current_actor(), now=now(), key=form.sent_key, **given
        )

    if form.validate() and carried_out(form, answering):
        flash(told, "success")
        return redirect(url_for(".one", adjustment_id=adjustment_id), 303)
    return _page(_seen(seen.row.id), form)


def _seen(adjustment_id: int) -> Seen:
    return seen_adjustment(db.session(), current_actor(), adjustment_id, now())


def _page(seen: Seen, form: Form) -> ResponseReturnValue:
    row = seen.row
    page = render_template(
        "adjustments/adjustment.html",
        seen=seen,
        row=row,
        shown=shown_adjustment(row),
        lacks=_lacks(row),
        refusal=say(seen.refusal) if seen.refusal else "",
        alone_from=instant(seen.alone_from) if seen.alone_from else "",
        is_alone_now=seen.alone_from is not None and seen.alone_from <= now(),
        form=form,
        reason_form=form if isinstance(form, ReasonForm) else ReasonForm(formdata=None),
        about_url=_about_url(row),
    )
    return page, 422 if form.is_submitted() else 200


def _lacks(row: AdjustmentRow) -> list[str]:
    """Say what is missing as it stands now, while an undo waits."""
    if not row.waits or row.kind == "amount":
        return []
    session = db.session()
    subject = row.batch_id or row.record_id or 0
    return lack_texts(session, queries.lacks_of(session, row.kind, subject))


def _about_url(row: AdjustmentRow) -> str:
    """Return the page of what it is about: a person's passbook, or a record."""
    if row.record_id is not None:
        return url_for("service.record", record_id=row.record_id)
    if row.volunteer_number is not None:
        return url_for("passbook.passbook", number=row.volunteer_number)
    return ""
