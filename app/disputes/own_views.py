"""What a volunteer, or who acts for them, does with disputes: raise, withdraw, pass on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.disputes import operations, queries
from app.disputes.access import own_dispute
from app.disputes.forms import PassOnForm, RaiseForm, WithdrawForm
from app.disputes.rules import NotInTheBooks, Recorded, TakenBackMeanwhile, Wish
from app.disputes.showing import claim_url
from app.disputes.views import ask
from app.organisations.queries import root_id_of, subtree_ids
from app.service.access import Seen, seen_record
from app.service.queries import RecordRow
from app.service.record_page import whole_of
from app.service.showing import what_and_when
from app.teams.access import today
from app.teams.queries import teams_in
from app.web.actor import current_actor
from app.web.forms import offered
from app.web.policy import allow, not_found
from app.web.saying import say
from app.web.submitting import carried_out

blueprint = Blueprint("own_disputes", __name__)

# At which field a refusal stands.
_FIELDS = {"words_missing": "words", "future_date": "service_on", "bad_duration": "hours"}


@blueprint.route("/records/<int:record_id>/dispute", methods=["GET", "POST"])
@allow("dispute.raise")
def raise_one(record_id: int) -> ResponseReturnValue:
    """Say what is wrong with a record of one's own, and what it should say."""
    seen = seen_record(db.session(), current_actor(), record_id)
    if not seen.is_own:
        not_found()
    whole = whole_of(db.session(), seen.record)
    teams = _team_ids(seen)
    form = _form(whole)
    form.team.choices = offered((code, name) for code, (_id, name) in teams.items())
    is_sent = form.validate_on_submit()
    if not form.is_submitted() and (answered := _no_need_to_ask(seen)):
        return answered
    if is_sent:
        wish = _wish(form, {code: id_ for code, (id_, _name) in teams.items()})
        dispute_id = _raised(form, record_id, wish)
        if dispute_id is not None:
            flash(_("Sent. You see here what is answered."), "success")
            return redirect(url_for("disputes.one", dispute_id=dispute_id), 303)
    page = render_template(
        "disputes/raise.html",
        record=seen.record,
        what=what_and_when(whole[0]),
        minutes=sum(half.minutes for half in whole),
        form=form,
        not_counted=_not_counted(seen.record),
        claim_url=claim_url(),
    )
    return page, 422 if form.is_submitted() else 200


def _raised(form: RaiseForm, record_id: int, wish: Wish) -> int | None:
    def raising(session: Session) -> int:
        return operations.raise_dispute(
            session, record_id, wish, actor=current_actor(), now=now(), key=form.sent_key
        )

    made: int | None = carried_out(form, raising, _FIELDS)
    return made


def _no_need_to_ask(seen: Seen) -> ResponseReturnValue | None:
    """Lead to the dispute that is open already."""
    records = queries.disputed_records(db.session(), [seen.record.id])
    open_ids = [row.id for record in records for row in record.disputes if row.is_open]
    return redirect(url_for("disputes.one", dispute_id=open_ids[0]), 303) if open_ids else None


def _not_counted(record: RecordRow) -> str:
    """Say why this record cannot be disputed, or nothing."""
    if record.state == "approved":
        return ""
    refusal = TakenBackMeanwhile if record.state == "reversed" else NotInTheBooks
    return say(refusal(record=record.id))


def _team_ids(seen: Seen) -> dict[str, tuple[int, str]]:
    """Return by code the teams one may have served with: all of the tree, guests as well."""
    session, record = db.session(), seen.record
    below = subtree_ids(session, root_id_of(session, record.organisation_id))
    found = {team.code: (team.id, team.name) for team in teams_in(session, below, on=today())}
    return {record.team_code: (record.team_id, record.team_name), **found}


def _form(whole: list[RecordRow]) -> RaiseForm:
    """Return the form filled with what is recorded; both halves of a night are one."""
    if request.method == "POST":
        return RaiseForm()
    first = whole[0]
    return RaiseForm(
        data={
            "service_on": first.service_on,
            "hours": sum(half.minutes for half in whole),
            "starts": first.starts_minute,
            "team": first.team_code,
            "content": first.content,
        }
    )


def _wish(form: RaiseForm, teams: dict[str, int]) -> Wish:
    instead = None
    if not form.is_in_words and form.service_on.data is not None:
        instead = Recorded(
            form.service_on.data,
            form.hours.data or 0,
            form.starts.data,
            teams[form.team.data],
            form.content.data or "",
        )
    return Wish(form.what.data, form.words.data or "", instead)


@blueprint.route("/disputes/<int:dispute_id>/withdraw", methods=["GET", "POST"])
@allow("dispute.raise")
def withdraw(dispute_id: int) -> ResponseReturnValue:
    """Take an open dispute back."""
    actor, form = current_actor(), WithdrawForm()
    seen = own_dispute(db.session(), actor, dispute_id)

    def withdrawing(session: Session) -> None:
        operations.withdraw(session, dispute_id, actor=actor, now=now(), key=form.sent_key)

    if form.validate_on_submit() and carried_out(form, withdrawing):
        flash(_("Withdrawn. The record stays as it is."), "success")
        return redirect(url_for("disputes.one", dispute_id=dispute_id), 303)
    return ask("disputes/withdraw.html", seen, form)


@blueprint.route("/disputes/<int:dispute_id>/pass-on", methods=["GET", "POST"])
@allow("dispute.raise")
def pass_on(dispute_id: int) -> ResponseReturnValue:
    """Ask an organiser to look at what a leader refused."""
    actor, form = current_actor(), PassOnForm()
    seen = own_dispute(db.session(), actor, dispute_id)

    def passing_on(session: Session) -> None:
        operations.pass_on(
            session,
            dispute_id,
            actor=actor,
            now=now(),
            words=form.words.data or "",
            key=form.sent_key,
        )

    if form.validate_on_submit() and carried_out(form, passing_on):
        flash(_("Passed on. An organiser looks at it."), "success")
        return redirect(url_for("disputes.one", dispute_id=dispute_id), 303)
    return ask("disputes/pass_on.html", seen, form)
