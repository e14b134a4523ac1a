"""Objections to a notice: raise one, follow one's own, answer those of a year."""

from __future__ import annotations

from typing import NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.errors import RuleBroken
from app.people.queries.naming import public_name
from app.ranking import objection_showing as showing
from app.ranking.boards import Board, found_board, is_of_tree
from app.ranking.objection_forms import (
    ABOUT,
    ANOTHER,
    LIST,
    OWN,
    AnswerObjectionForm,
    ObjectForm,
    WithdrawObjectionForm,
)
from app.ranking.operations.objecting import (
    Against,
    Answer,
    answer_objection,
    raise_objection,
    withdraw_objection,
)
from app.ranking.queries.boards import BoardPlace, board_page, own_row
from app.ranking.queries.objections import (
    ObjectionRow,
    find_objection,
    objections_of,
    objections_of_year,
)
from app.ranking.rules.objecting import check_takes_objections
from app.ranking.rules.stages import stage_of
from app.service.models import EVERY_COLOUR
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.filters import day, number
from app.web.forms import offered
from app.web.policy import allow, not_found
from app.web.saying import say
from app.web.submitting import carried_out

blueprint = Blueprint("objections", __name__)

_MOST_LINE = 9


class Chosen(NamedTuple):
    """The row an objection is about, as its line in the list that stands."""

    line: int
    place: BoardPlace


# ── raise ─────────────────────────────────────────────────────────────────────────────────


@blueprint.route("/pioneers/<code>/<int:year>/object", methods=["GET", "POST"])
@allow("objection.raise")
def raise_one(code: str, year: int) -> ResponseReturnValue:
    """Say what is not right with a list under notice."""
    found, actor, session = found_board(code, year), current_actor(), db.session()
    if not is_of_tree(session, found.organisation.id, actor):
        not_found()
    own_id = actor.own_id or 0
    closed = _closed(found)
    own = _own_place(found, own_id)
    chosen = _chosen(found, own_id)
    form = _form(own, chosen)
    if closed is None and form.validate_on_submit():
        about = {OWN: own, ANOTHER: chosen.place if chosen else None, LIST: None}[form.about.data]
        against = Against(about.volunteer_id if about else None, form.words.data or "")
        if _raised(form, found, against, own_id) is not None:
            flash(_("Sent. An organiser answers; you see it here."), "success")
            return redirect(url_for(".mine"), 303)
    page = render_template(
        "ranking/object.html",
        board=found,
        form=form,
        closed=say(closed) if closed else "",
        until=day(found.standing.until_on, with_year=True) if found.standing else "",
        chosen=_said(found, chosen),
        line=chosen.line if chosen else None,
        ward=actor.acting_for.name if actor.acting_for else "",
    )
    return page, 422 if form.is_submitted() else 200


def _raised(form: ObjectForm, found: Board, against: Against, own_id: int) -> int | None:
    def raising(session: Session) -> int:
        return raise_objection(
            session,
            found.organisation.id,
            found.year,
            against,
            volunteer_id=own_id,
            actor=current_actor(),
            now=now(),
            key=form.sent_key,
        )

    made: int | None = carried_out(form, raising)
    return made


def _closed(found: Board) -> RuleBroken | None:
    """Return why no objection is taken today, or None."""
    standing = found.standing
    stage = stage_of(standing is not None, bool(standing and standing.final_at))
    until_on = standing.until_on if standing else None
    try:
        check_takes_objections(stage, found.year, until_on, found.today)
    except RuleBroken as refusal:
        return refusal
    return None


def _own_place(found: Board, own_id: int) -> BoardPlace | None:
    if found.standing is None:
        return None
    mine = own_row(db.session(), found.standing.id, EVERY_COLOUR, own_id)
    return mine.place if mine else None


def _chosen(found: Board, own_id: int) -> Chosen | None:
    """Return the row whose line the address or the form names, unless it is one's own."""
    asked = request.form.get("line") or request.args.get("line", "")
    is_line = asked.isascii() and asked.isdigit() and len(asked) <= _MOST_LINE
    if found.standing is None or not is_line or int(asked) < 1:
        return None
    # In a list that was corrected meanwhile the line may be somebody else's.
    if request.form.get("list", str(found.standing.number)) != str(found.standing.number):
        return None
    places = board_page(
        db.session(), found.standing.id, EVERY_COLOUR, size=1, offset=int(asked) - 1
    )
    if not places or places[0].volunteer_id == own_id:
        return None
    return Chosen(int(asked), places[0])


def _form(own: BoardPlace | None, chosen: Chosen | None) -> ObjectForm:
    """Return the form with what can be chosen; what was pointed at is chosen."""
    there = {OWN: own is not None, ANOTHER: chosen is not None, LIST: True}
    form = ObjectForm()
    form.about.choices = offered((name, label) for name, label in ABOUT.items() if there[name])
    if not form.is_submitted():
        form.about.data = ANOTHER if chosen else OWN if own else LIST
    return form


def _said(found: Board, chosen: Chosen | None) -> str:
    if chosen is None:
        return ""
    name = public_name(db.session(), chosen.place.volunteer_id, found.today)
    rank = number(chosen.place.rank)
    return str(_("The place chosen: No. %(rank)s, %(name)s", rank=rank, name=name))


# ── one's own ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("/me/objections")
@allow("objection.raise")
def mine() -> str:
    """List the own objections, a ward's while acting for them, with what was answered."""
    own_id = current_actor().own_id
    rows = objections_of(db.session(), [own_id]) if own_id else not_found()
    return render_template(
        "ranking/own_objections.html", rows=[showing.shown_objection(row) for row in rows]
    )


@blueprint.post("/objections/<int:objection_id>/withdraw")
@allow("objection.raise")
def withdraw(objection_id: int) -> ResponseReturnValue:
    """Take an open objection back."""
    row, actor, form = _seen(objection_id), current_actor(), WithdrawObjectionForm()
    if not actor.benefits(row.volunteer_id):
        not_found()

    def withdrawing(session: Session) -> None:
        withdraw_objection(session, objection_id, actor=actor, now=now(), key=form.sent_key)

    if form.validate_on_submit() and carried_out(form, withdrawing):
        flash(_("Withdrawn. The list stays as it is."), "success")
        return redirect(url_for(".mine"), 303)
    return _page(row, AnswerObjectionForm(formdata=None), form), 422


# ── those of a year ───────────────────────────────────────────────────────────────────────


@blueprint.get("/awards/<code>/<int:year>/objections")
@allow("scheme.read")
def of_year(code: str, year: int) -> str:
    """List what was objected to a year's notice, the open ones first."""
    found, actor = found_board(code, year), current_actor()
    if found.organisation.id not in actor.organises | actor.audits:
        not_found()
    rows = objections_of_year(db.session(), found.organisation.id, year)
    waiting = [row for row in rows if row.is_open]
    mine = {row.id for row in waiting if _may_answer(actor, row)}
    return render_template(
        "ranking/objections.html",
        board=found,
        waiting=[showing.shown_objection(row) for row in waiting if row.id in mine],
        others=[showing.shown_objection(row) for row in waiting if row.id not in mine],
        ended=[showing.shown_objection(row) for row in rows if not row.is_open],
        until=day(found.standing.until_on, with_year=True) if found.standing else "",
    )


@blueprint.get("/objections/<int:objection_id>")
@allow("objection.read")
def one(objection_id: int) -> str:
    """Show one objection: to whoever raised it, and to organisers and auditors above."""
    row = _seen(objection_id)
    empty = AnswerObjectionForm(formdata=None), WithdrawObjectionForm(formdata=None)
    return _page(row, *empty)


@blueprint.post("/objections/<int:objection_id>/answer")
@allow("objection.answer")
def answer(objection_id: int) -> ResponseReturnValue:
    """Uphold or refuse it with words."""
    row, actor, form = _seen(objection_id), current_actor(), AnswerObjectionForm()
    if row.organisation_id not in actor.organises:
        not_found()

    def answering(session: Session) -> None:
        said = Answer(
            form.outcome.data == "upheld", form.words.data or "", form.shown.data == "public"
        )
        answer_objection(session, objection_id, said, actor=actor, now=now(), key=form.sent_key)

    if form.validate_on_submit() and carried_out(form, answering):
        flash(_("Answered. Whoever objected is told."), "success")
        return redirect(url_for(".one", objection_id=objection_id), 303)
    return _page(row, form, WithdrawObjectionForm(formdata=None)), 422


def _seen(objection_id: int) -> ObjectionRow:
    """Return an objection somebody may read; out of reach it does not exist."""
    row, actor = find_objection(db.session(), objection_id), current_actor()
    if row is None or not (_is_own(actor, row) or _is_above(actor, row)):
        not_found()
    return row


def _is_own(actor: Actor, row: ObjectionRow) -> bool:
    return actor.benefits(row.volunteer_id)


def _is_above(actor: Actor, row: ObjectionRow) -> bool:
    return row.organisation_id in actor.organises | actor.audits


def _page(row: ObjectionRow, form: AnswerObjectionForm, withdrawing: WithdrawObjectionForm) -> str:
    actor = current_actor()
    is_own, is_above = _is_own(actor, row), _is_above(actor, row)
    return render_template(
        "ranking/objection.html",
        row=row,
        shown=showing.shown_objection(row),
        facts=showing.facts_of(row, is_above=is_above),
        form=form,
        withdrawing=withdrawing,
        is_own=is_own,
        is_above=is_above,
        organises=row.organisation_id in actor.organises,
        may_answer=row.is_open and _may_answer(actor, row),
    )


def _may_answer(actor: Actor, row: ObjectionRow) -> bool:
    """Tell whether an open objection is this person's to answer: above it, and not concerned."""
    concerned = {row.volunteer_id, row.about_id} - {None}
    return (
        row.organisation_id in actor.organises
        and row.raised_by_id != actor.login_id
        and concerned.isdisjoint(actor.needs_another_for)
    )
