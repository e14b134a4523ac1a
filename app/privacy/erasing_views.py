"""At the organiser's desk: who asked to be erased, what would go, and doing it."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.organisations.queries import settings_of
from app.people.models import Volunteer
from app.people.step_up import asks_again
from app.privacy.access import desk_of
from app.privacy.erasing_forms import EraseForm, RefusalForm
from app.privacy.erasing_showing import going_lines, staying_words
from app.privacy.operations.asking import refuse_erasure
from app.privacy.operations.erasing import ERASABLE, erase
from app.privacy.queries.erasing import (
    GOING,
    PAGE,
    asks_below,
    counting_asked,
    counts_of,
    ended_counts,
    erasure_of,
    erasures_below,
    holds_of,
    left_behind,
    open_ask,
)
from app.privacy.queries.keeping import long_gone
from app.privacy.rules.erasing import ready_at
from app.second_person.rules import Matter, check_no_benefit
from app.teams.access import own_person, today
from app.web.actor import current_actor
from app.web.forms import Form
from app.web.pagination import page_of
from app.web.policy import allow, not_found
from app.web.saying import say
from app.web.submitting import carried_out

blueprint = Blueprint("erasing", __name__)
FIELDS = {"number": "number", "reason": "reason"}


@blueprint.get("/admin/erasures")
@allow("erasure.read")
def everything() -> str:
    """List who asked to be erased, who has left long ago, and what was done.

    Unless one organisation is asked for, whoever asked anywhere in reach waits here.
    """
    session, actor, code = db.session(), current_actor(), request.args.get("org")
    desk = desk_of(session, actor, code)
    years = settings_of(session, desk.organisation.id).erasure_proposed_years
    asked_in = desk.scope if code else actor.organises | actor.audits
    page = page_of(session.scalar(select(counting_asked(asked_in))) or 0, size=PAGE)
    done_count, refused_count = ended_counts(session, desk.scope)
    done_page = page_of(done_count, size=PAGE, argument="done")
    refused_page = page_of(refused_count, size=PAGE, argument="refused")
    return render_template(
        "privacy/erasures.html",
        desk=desk,
        organises=actor.organises,
        apart=actor.needs_another_for,
        waiting=[
            (one, ready_at(one.asked_at), ready_at(one.asked_at) <= now())
            for one in asks_below(session, asked_in, waiting=True, offset=page.offset)
        ],
        page=page,
        refused=asks_below(session, desk.scope, waiting=False, offset=refused_page.offset),
        refused_page=refused_page,
        done=erasures_below(session, desk.scope, offset=done_page.offset),
        done_page=done_page,
        gone=long_gone(session, desk.scope, _years_ago(years)),
        years=years,
    )


@blueprint.route("/admin/people/<int:volunteer_id>/erase", methods=["GET", "POST"])
@allow("volunteer.erase")
@asks_again
def person(volunteer_id: int) -> ResponseReturnValue:
    """Show what goes, what stays and what stands in the way; do it with the number typed again."""
    actor, form = current_actor(), EraseForm()
    found = _person(volunteer_id)
    number = found.number
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: erase(
            session,
            volunteer_id,
            number=form.number.data or "",
            reason=form.reason.data or "",
            actor=actor,
            now=now(),
            today=today(),
            key=form.sent_key,
        ),
        FIELDS,
    ):
        flash(_("The data of number %(number)s is gone.", number=number), "success")
        return redirect(url_for(".everything"), 303)
    return _page(db.session(), _person(volunteer_id), form, RefusalForm(formdata=None))


@blueprint.post("/admin/people/<int:volunteer_id>/erase/refuse")
@allow("volunteer.erase")
def refuse(volunteer_id: int) -> ResponseReturnValue:
    """Refuse what was asked, with a reason the person reads."""
    actor, form = current_actor(), RefusalForm()
    _person(volunteer_id)
    if form.validate_on_submit() and carried_out(
        form,
        lambda session: refuse_erasure(
            session, volunteer_id, reason=form.answer.data or "", actor=actor, now=now()
        ),
        {"reason": "answer"},
    ):
        flash(_("It was refused, and the person reads why."), "success")
        return redirect(url_for(".everything"), 303)
    return _page(db.session(), _person(volunteer_id), EraseForm(formdata=None), form)


def _person(volunteer_id: int) -> Volunteer:
    """Return somebody an organiser may erase: never themselves or who acts for them."""
    actor = current_actor()
    found = own_person(actor, volunteer_id)
    if found.state not in ERASABLE or erasure_of(db.session(), volunteer_id) is not None:
        not_found()
    check_no_benefit(actor, Matter(frozenset(), frozenset({volunteer_id})))
    return found


def _page(
    session: Session, found: Volunteer, form: EraseForm, refusal: RefusalForm
) -> ResponseReturnValue:
    ask = open_ask(session, found.id)
    ready = ready_at(ask.asked_at) if ask else None
    page = render_template(
        "privacy/erase.html",
        person=found,
        form=form,
        refusal=refusal,
        ask=ask,
        ready_at=ready,
        is_ready=ready is None or ready <= now(),
        going=going_lines(counts_of(session, found.id, GOING)),
        staying=staying_words(left_behind(session, found.id, today())),
        held=[say(one) for one in holds_of(session, found.id, today())],
    )
    forms: tuple[Form, ...] = (form, refusal)
    return page, 422 if any(one.errors for one in forms) else 200


def _years_ago(years: int) -> date:
    on = today()
    # The 29th of February stands for the 28th in years without one.
    return on.replace(year=on.year - years, day=min(on.day, 28))
