"""Ask for the next step of a year, answer what was asked, let a notice last longer."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.people.step_up import asks_again
from app.ranking import operations
from app.ranking.award_access import Closing, closing_of
from app.ranking.award_forms import AnswerForm, AskForm, ExtendForm, ReasonForm
from app.ranking.award_views import blueprint, wizard_page
from app.ranking.queries.snapshots import find_freeze
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.policy import allow, not_found

_FIELDS = {
    "missing": "reason",
    "reason_missing": "reason",
    "bad_extension": "until_on",
    "long_extension": "until_on",
}
Operate = Callable[..., Any]
# What freezes, or makes final, opens the transaction that this needs.
CARRY_OUT = (operations.confirm, operations.do_alone)


@blueprint.post("/<code>/<int:year>/ask")
@allow("scheme.decide")
@asks_again
def ask(code: str, year: int) -> ResponseReturnValue:
    """Ask a second person for the notice, a correction or the final list."""
    closing, form = _closing(code, year), AskForm()

    def asking(session: Session) -> Any:
        given: dict[str, Any] = {"actor": current_actor(), "now": now(), "key": form.sent_key}
        here = session, closing.organisation_id, year
        if form.asked_for.data == "correction":
            return operations.ask_correction(*here, reason=form.reason.data or "", **given)
        if form.asked_for.data == "final":
            return operations.ask_final(*here, **given)
        return operations.ask_notice(*here, **given)

    if form.validate() and _done(form, asking, transaction):
        return _back(closing, _("Asked. It is done once a second person confirms it."))
    return wizard_page(closing, form)


@blueprint.post("/<code>/<int:year>/confirm")
@allow("scheme.confirm")
@asks_again
def confirm(code: str, year: int) -> ResponseReturnValue:
    """Agree as the second person: it is frozen, or final, at once."""
    return _answer(code, year, AnswerForm(), operations.confirm, _("Confirmed."))


@blueprint.post("/<code>/<int:year>/refuse")
@allow("scheme.confirm")
def refuse(code: str, year: int) -> ResponseReturnValue:
    """Refuse as the second person, with a reason."""
    return _answer(code, year, ReasonForm(), operations.refuse, _("Refused."))


@blueprint.post("/<code>/<int:year>/alone")
@allow("scheme.decide")
@asks_again
def alone(code: str, year: int) -> ResponseReturnValue:
    """Do alone what nobody else could confirm, with a reason."""
    return _answer(code, year, ReasonForm(), operations.do_alone, _("Done."))


@blueprint.post("/<code>/<int:year>/withdraw")
@allow("scheme.decide")
def withdraw(code: str, year: int) -> ResponseReturnValue:
    """Take back what one asked for."""
    return _answer(code, year, AnswerForm(), operations.withdraw, _("Withdrawn."))


@blueprint.post("/<code>/<int:year>/extend")
@allow("scheme.decide")
def extend(code: str, year: int) -> ResponseReturnValue:
    """Let the notice last until a later day."""
    closing, form = _closing(code, year), ExtendForm()

    def extending(session: Session) -> None:
        assert form.until_on.data is not None
        operations.extend_notice(
            session,
            closing.organisation_id,
            year,
            form.until_on.data,
            actor=current_actor(),
            now=now(),
            reason=form.reason.data or "",
            key=form.sent_key,
        )

    if form.validate() and _done(form, extending, transaction):
        return _back(closing, _("The notice lasts longer."))
    return wizard_page(closing, form)


def _answer(
    code: str, year: int, form: AnswerForm, operate: Operate, told: str
) -> ResponseReturnValue:
    """Answer the question that was seen; it is one of this organisation's year."""
    closing = _closing(code, year)

    def answering(session: Session) -> Any:
        reason = {"reason": form.reason.data or ""} if isinstance(form, ReasonForm) else {}
        return operate(
            session,
            form.freeze.data,
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
            **reason,
        )

    is_whole, asked_for = form.validate(), _asked_for(closing, form.freeze.data)
    within = partial(operations.to_carry_out, asked_for) if operate in CARRY_OUT else transaction
    if is_whole and _done(form, answering, within):
        return _back(closing, told)
    return wizard_page(closing, form)


def _asked_for(closing: Closing, freeze_id: int | None) -> str:
    """Return what was asked for; a question of another year is not found."""
    if freeze_id is None:
        return ""
    found = find_freeze(db.session(), freeze_id)
    here = closing.organisation_id, closing.year
    if found is None or (found.organisation_id, found.year) != here:
        not_found()
    return found.asked_for


def _closing(code: str, year: int) -> Closing:
    return closing_of(db.session(), current_actor(), code, year)


def _done(
    form: Form,
    operate: Callable[[Session], Any],
    within: Callable[[], AbstractContextManager[Session]],
) -> bool:
    """Carry out one operation in its own commit; bring its refusal back to the form."""
    try:
        with within() as session:
            operate(session)
    except RuleBroken as refusal:
        field = _FIELDS.get(refusal.code)
        form.refuse(refusal, field if field in form else None)
        return False
    return True


def _back(closing: Closing, told: str) -> ResponseReturnValue:
    flash(told, "success")
    return redirect(url_for(".year", **closing.address), 303)
