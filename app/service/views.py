"""The page of one record: decide, welcome, correct, reverse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.organisations.queries import root_id_of, subtree_ids
from app.people.queries import Namesake, get_volunteer, perhaps
from app.people.rules.names import masked_phone, phone_tail
from app.service import operations
from app.service.access import Seen, changeable_record, seen_record, teams_to_log
from app.service.asides import asides_for
from app.service.forms import CorrectionForm, ReasonForm, SendBackForm
from app.service.lacking import lacks_of_records
from app.service.queries import find_record
from app.service.record_page import record_page, whole_of
from app.service.showing import what_and_when
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.policy import allow, not_found
from app.web.saying import say
from app.web.submitting import carried_out

blueprint = Blueprint("service", __name__)

# Of who a new friend may be: nobody known yet.
NEW = "new"


# ── one record ────────────────────────────────────────────────────────────────────────────


@blueprint.get("/records/<int:record_id>")
@allow("passbook.read")
def record(record_id: int) -> ResponseReturnValue:
    """Show a record with all that happened to it."""
    actor = current_actor()
    seen = seen_record(db.session(), actor, record_id)
    page = record_page(db.session(), seen)
    return render_template(
        "service/record.html",
        page=page,
        seen=seen,
        back_to=_list_of(actor, seen),
        asides=asides_for(db.session(), actor, [record_id]),
        cover_url=_cover_of(seen),
    )


def _cover_of(seen: Seen) -> str:
    """Return the way to a second person, where a waiting correction takes more than is left."""
    record, session = seen.record, db.session()
    if not (seen.organises and record.state == "submitted" and record.corrects_id):
        return ""
    corrected = find_record(session, record.corrects_id)
    lacks = lacks_of_records(session, whole_of(session, corrected)) if corrected else []
    return url_for("adjustments.cover_record", record_id=record.id) if lacks else ""


def _list_of(actor: Actor, seen: Seen) -> tuple[str, str] | None:
    """Return address and name of the list in which the reader meets this record."""
    record = seen.record
    if record.volunteer_id == actor.volunteer_id:
        return url_for("passbook.ledger"), _("Ledger")
    if seen.is_own and record.volunteer_number:
        name = _("Passbook of %(name)s", name=record.volunteer_name)
        return url_for("passbook.passbook", number=record.volunteer_number), name
    if seen.may_change and record.state == "submitted":
        return url_for(".waiting"), _("Waiting for review")
    if seen.may_change:
        day = url_for("log.day", team_code=record.team_code, on=record.service_on)
        return day, record.team_name
    return None


@blueprint.route("/records/<int:record_id>/send-back", methods=["GET", "POST"])
@allow("service_record.approve")
def send_back(record_id: int) -> ResponseReturnValue:
    """Send a waiting record back, with the reason that whoever recorded it reads."""
    actor, form = current_actor(), SendBackForm()
    seen = changeable_record(db.session(), actor, record_id)
    if form.validate_on_submit():
        done = carried_out(
            form,
            lambda session: operations.reject(
                session,
                record_id,
                actor=actor,
                now=now(),
                reason=form.reason.data or "",
                key=form.sent_key,
            ),
        )
        if done:
            flash(_("Sent back with your reason."), "success")
            return redirect(url_for(".waiting"), 303)
    return _ask("service/send_back.html", seen, form)


@blueprint.route("/records/<int:record_id>/welcome", methods=["GET", "POST"])
@allow("service_record.approve")
def welcome(record_id: int) -> ResponseReturnValue:
    """Confirm a new friend as a volunteer; the hours that waited count in the same step."""
    actor, form = current_actor(), ReasonForm()
    seen = changeable_record(db.session(), actor, record_id)
    if not seen.organises:
        not_found()
    person = _person(seen)
    who = request.form.get("who") or ("" if person["alike"] else NEW)
    if not form.validate_on_submit() or not _is_said(form, who, person):
        return _ask("service/welcome.html", seen, form, who=who, new=NEW, **person)
    if who != NEW:
        return _matched(seen, form, who, person)
    if _moved(operations.welcome, record_id, form):
        flash(_("Welcome. The person has a number now and the hours count."), "success")
        return redirect(url_for(".record", record_id=record_id), 303)
    return _ask("service/welcome.html", seen, form, who=who, new=NEW, **_person(seen))


def _is_said(form: ReasonForm, who: str, person: dict[str, Any]) -> bool:
    """Tell whether one of the people shown was chosen, or that it is somebody new."""
    if who in {NEW, *(str(one.id) for one in person["alike"])}:
        return True
    form.renew_key()
    form.form_errors.append(_("Say who it is: one of these people, or somebody new."))
    return False


def _choice(one: Namesake) -> dict[str, Any]:
    hint = " · ".join(filter(None, (one.number, masked_phone(one.phone))))
    return {"value": one.id, "label": one.name, "hint": hint}


def _matched(seen: Seen, form: ReasonForm, who: str, person: dict[str, Any]) -> ResponseReturnValue:
    """Give the hours to the person chosen; they count at once."""

    def move(session: Session, record_id: int, **given: Any) -> object:
        return operations.match_to_known(session, record_id, int(who), **given)

    if _moved(move, seen.record.id, form):
        flash(_("Matched. The hours are that person's and count."), "success")
        return redirect(url_for(".record", record_id=seen.record.id), 303)
    return _ask("service/welcome.html", seen, form, who=who, new=NEW, **_person(seen))


def _moved(move: Callable[..., object], record_id: int, form: ReasonForm) -> bool:
    """Move a record by one operation, with the form's reason; a refusal is said on the form."""

    def moving(session: Session) -> object:
        return move(
            session,
            record_id,
            actor=current_actor(),
            now=now(),
            reason=form.reason.data or None,
            key=form.sent_key,
        )

    return bool(carried_out(form, moving))


def _person(seen: Seen) -> dict[str, Any]:
    """Return the new friend, and who they may be already."""
    session = db.session()
    person = get_volunteer(session, seen.record.volunteer_id)
    below = subtree_ids(session, root_id_of(session, person.organisation_id))
    alike = perhaps(session, below, name=person.name, phone=person.phone, except_id=person.id)
    return {
        "person": person,
        "tail": phone_tail(person.phone),
        "alike": alike,
        "choices": [_choice(one) for one in alike]
        + [
            {
                "value": NEW,
                "label": _("Somebody new"),
                "hint": _("They get a volunteer number."),
            }
        ],
    }


@blueprint.route("/records/<int:record_id>/reverse", methods=["GET", "POST"])
@allow("service_record.reverse")
def reverse(record_id: int) -> ResponseReturnValue:
    """Take an approved record back."""
    actor, form = current_actor(), ReasonForm()
    seen = changeable_record(db.session(), actor, record_id)
    if form.validate_on_submit() and _moved(operations.reverse_record, record_id, form):
        flash(_("Reversed. Its hours and points are taken back."), "success")
        return redirect(url_for(".record", record_id=record_id), 303)
    cover_url = url_for("adjustments.cover_record", record_id=record_id) if seen.organises else ""
    lacks = lacks_of_records(db.session(), whole_of(db.session(), seen.record))
    return _ask("service/reverse.html", seen, form, lacks=lacks, cover_url=cover_url)


@blueprint.route("/records/<int:record_id>/correct", methods=["GET", "POST"])
@allow("service_record.enter")
def correct(record_id: int) -> ResponseReturnValue:
    """Say what a record should have said; it changes once somebody entitled approves."""
    actor = current_actor()
    seen = changeable_record(db.session(), actor, record_id)
    teams = {team.code: team for team in teams_to_log(db.session(), actor)}
    form = _correction_form(seen)
    form.team.choices = [(team.code, team.name) for team in teams.values()]
    if form.validate_on_submit():
        line = operations.Line(
            volunteer_id=seen.record.volunteer_id,
            team_id=teams[form.team.data].id,
            service_on=form.service_on.data or seen.record.service_on,
            minutes=form.hours.data or 0,
            starts_minute=form.starts.data,
            content=form.content.data or "",
            place=form.place.data or None,
            note=seen.record.note,
        )
        done = carried_out(
            form,
            lambda session: operations.correct(
                session,
                record_id,
                line,
                actor=actor,
                now=now(),
                reason=form.reason.data or "",
                key=form.sent_key,
            ),
        )
        if done:
            _tell_correction(done)
            return redirect(url_for(".record", record_id=done.record_ids[0]), 303)
    return _ask("service/correct.html", seen, form)


def _correction_form(seen: Seen) -> CorrectionForm:
    if request.method == "POST":
        return CorrectionForm()
    whole = whole_of(db.session(), seen.record)
    old = whole[0]
    return CorrectionForm(
        data={
            "service_on": old.service_on,
            "hours": sum(half.minutes for half in whole),
            "starts": old.starts_minute,
            "team": old.team_code,
            "content": old.content,
            "place": old.place,
        }
    )


def _tell_correction(done: operations.Corrected) -> None:
    if done.refusal is None:
        flash(_("Corrected: the old record is reversed and this one counts."), "success")
    else:
        waits = _("The correction waits for somebody else; nothing has changed yet. %(why)s")
        flash(waits % {"why": say(done.refusal)}, "info")


# ── how all of them ask ───────────────────────────────────────────────────────────────────


def _ask(template: str, seen: Seen, form: Form, **more: Any) -> tuple[str, int]:
    page = render_template(
        template,
        record=seen.record,
        seen=seen,
        what=what_and_when(seen.record),
        form=form,
        **more,
    )
    return page, 422 if form.is_submitted() else 200
