"""Split a claim: what counts of it, and why not the rest."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.claims import operations
from app.claims.access import beside, claim_to_split
from app.claims.forms import PartFields, SplitForm
from app.claims.rules import MOST_PARTS
from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.service.access import Seen, teams_to_log
from app.service.operations import Line
from app.service.queries import RecordRow
from app.service.record_page import whole_of
from app.service.showing import what_and_when
from app.teams.queries import TeamRow
from app.web.actor import current_actor
from app.web.filters import hours
from app.web.policy import allow

blueprint = Blueprint("splitting", __name__)


@blueprint.route("/records/<int:record_id>/split", methods=["GET", "POST"])
@allow("service_record.approve")
def split(record_id: int) -> ResponseReturnValue:
    """Say which parts of a claim count; they count at once, and the claim is sent back."""
    actor = current_actor()
    seen = claim_to_split(db.session(), actor, record_id)
    teams = {team.code: team for team in teams_to_log(db.session(), actor)}
    whole = whole_of(db.session(), seen.record)
    form = SplitForm() if request.method == "POST" else _prefilled(whole)
    form.offer([(team.code, team.name) for team in teams.values()])
    if form.validate_on_submit():
        try:
            with transaction() as session:
                made = operations.split_claim(
                    session,
                    record_id,
                    [_line(part, seen.record, teams) for part in form.filled],
                    actor=actor,
                    now=now(),
                    reason=form.reason.data or "",
                    key=form.sent_key,
                )
        except RuleBroken as refusal:
            form.refuse(refusal)
        else:
            flash(_("Split: what you kept counts, and the volunteer reads why."), "success")
            return redirect(url_for("service.record", record_id=made[0]), 303)
    return _page(seen, whole, form)


def _line(part: PartFields, claimed: RecordRow, teams: dict[str, TeamRow]) -> Line:
    return Line(
        volunteer_id=claimed.volunteer_id,
        team_id=teams[part.team.data].id,
        service_on=part.service_on.data,
        minutes=part.hours.data,
        starts_minute=part.starts.data,
        content=part.content.data or "",
        place=claimed.place,
        note=claimed.note,
    )


def _prefilled(whole: list[RecordRow]) -> SplitForm:
    """The first part stands as claimed; the others only want their hours."""
    first = whole[0]
    data: dict[str, object] = {
        "hours_0": sum(half.minutes for half in whole),
        "starts_0": first.starts_minute,
    }
    shared = {"service_on": first.service_on, "team": first.team_code, "content": first.content}
    for place in range(MOST_PARTS):
        data |= {f"{name}_{place}": value for name, value in shared.items()}
    return SplitForm(data=data)


def _page(seen: Seen, whole: list[RecordRow], form: SplitForm) -> tuple[str, int]:
    found = beside(db.session(), current_actor(), [seen.record.id])
    page = render_template(
        "claims/split.html",
        record=seen.record,
        what=what_and_when(seen.record),
        claimed=hours(sum(half.minutes for half in whole)),
        beside=found.get(seen.record.id),
        form=form,
    )
    return page, 422 if form.is_submitted() else 200
