"""Enter a training, a commendation, a complaint; answer a complaint; withdraw with a reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.archive import operations
from app.archive.access import kept_archive
from app.archive.forms import FORMS, AnswerForm, WithdrawForm
from app.archive.queries import entries_of
from app.archive.rules.entries import GROUPS
from app.archive.showing import ShownEntry, shown_entries
from app.clock import now
from app.db import db
from app.errors import N_
from app.people.models import Volunteer
from app.teams.access import today
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("archive_entries", __name__, url_prefix="/admin/people/<int:volunteer_id>")

_ADD: Mapping[str, Callable[..., int]] = {
    "trainings": operations.add_training,
    "commendations": operations.add_commendation,
    "complaints": operations.add_complaint,
}
TITLES: Mapping[str, str] = {
    "trainings": N_("Enter a training"),
    "commendations": N_("Enter a commendation"),
    "complaints": N_("Enter a complaint"),
}
_FIELDS: Mapping[str, Mapping[str, str]] = {
    "trainings": {
        "words_missing": "course",
        "organiser_missing": "organiser",
        "minutes_unfit": "hours",
        "day_unfit": "held_on",
    },
    "commendations": {
        "words_missing": "title",
        "organiser_missing": "given_by",
        "day_unfit": "given_on",
    },
    "complaints": {"words_missing": "content", "day_unfit": "received_on"},
}
_ANSWER_FIELDS = {
    "words_missing": "outcome",
    "day_unfit": "answered_on",
    "answered_too_early": "answered_on",
}


@blueprint.route("/archive/<group>/add", methods=["GET", "POST"])
@allow("archive.change")
def add(volunteer_id: int, group: str) -> ResponseReturnValue:
    """Enter something of a group."""
    person = kept_archive(current_actor(), volunteer_id)
    form: Any = FORMS[_known(group)]()

    def adding(session: Session) -> int:
        return _ADD[group](
            session,
            volunteer_id,
            form.given(),
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
        )

    if form.validate_on_submit() and carried_out(form, adding, _FIELDS[group]):
        return _done(volunteer_id, _("Entered."))
    return _page("archive/add.html", person, form, group=group, title=_(TITLES[group]))


@blueprint.route("/archive/complaints/<int:entry_id>/answer", methods=["GET", "POST"])
@allow("archive.change")
def answer(volunteer_id: int, entry_id: int) -> ResponseReturnValue:
    """Say what came of a complaint."""
    person = kept_archive(current_actor(), volunteer_id)
    entry = _entry(person, "complaints", entry_id)
    form = AnswerForm()
    if not form.is_submitted():
        form.answered_on.data = today()

    def answering(session: Session) -> None:
        assert form.answered_on.data
        operations.answer_complaint(
            session,
            volunteer_id,
            entry_id,
            outcome=form.outcome.data or "",
            answered_on=form.answered_on.data,
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
        )

    if form.validate_on_submit() and carried_out(form, answering, _ANSWER_FIELDS):
        return _done(volunteer_id, _("Answered."))
    return _page("archive/answer.html", person, form, entry=entry)


@blueprint.route("/archive/<group>/<int:entry_id>/withdraw", methods=["GET", "POST"])
@allow("archive.change")
def withdraw(volunteer_id: int, group: str, entry_id: int) -> ResponseReturnValue:
    """Withdraw an entry with a reason; it stays to be seen."""
    person = kept_archive(current_actor(), volunteer_id)
    entry = _entry(person, group, entry_id)
    form = WithdrawForm()

    def withdrawing(session: Session) -> None:
        operations.withdraw_entry(
            session,
            group,
            volunteer_id,
            entry_id,
            reason=form.reason.data or "",
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
        )

    if form.validate_on_submit() and carried_out(form, withdrawing):
        return _done(volunteer_id, _("Withdrawn. It stays to be seen, with your reason."))
    return _page("archive/withdraw.html", person, form, entry=entry)


def _known(group: str) -> str:
    return group if group in GROUPS else not_found()


def _entry(person: Volunteer, group: str, entry_id: int) -> ShownEntry:
    shown = shown_entries(entries_of(db.session(), person.id))[_known(group)]
    return next((one for one in shown if one.id == entry_id), None) or not_found()


def _done(volunteer_id: int, told: str) -> ResponseReturnValue:
    flash(told, "success")
    return redirect(url_for("archive.archive", volunteer_id=volunteer_id), 303)


def _page(name: str, person: Volunteer, form: Form, **more: Any) -> ResponseReturnValue:
    who = {"person_id": person.id, "person_name": person.name}
    return render_template(name, **who, form=form, **more), 422 if form.is_submitted() else 200
