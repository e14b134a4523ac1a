"""The month's service day as Qicai proposes it: for one team, and for all of an organiser's."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.activities.access import run_team
from app.activities.forms import ProposalForm
from app.activities.lead_showing import line, unclosed_line
from app.activities.operations.proposing import Proposed, propose, propose_missing
from app.activities.planning import Found, offer_in_charge
from app.activities.queries.leading import unclosed
from app.activities.queries.proposing import Expected, Proposal, proposal_for, team_days
from app.clock import now, today_in
from app.db import db, transaction
from app.errors import RuleBroken
from app.teams.queries import TeamRow, teams_by_ids, teams_in
from app.teams.rules import Actor
from app.web.actor import current_actor
from app.web.filters import day_weekday
from app.web.languages import chosen_zone
from app.web.policy import allow
from app.web.saying import say

blueprint = Blueprint("proposing", __name__)

FIELDS = {"bad_time": "ends", "unknown_volunteer": "in_charge"}


# ── one team ──────────────────────────────────────────────────────────────────────────────


@blueprint.route("/teams/<code>/activities/proposal", methods=["GET", "POST"])
@allow("activity.change")
def proposal(code: str) -> ResponseReturnValue:
    """Show the coming service day as it was last time; one button makes it."""
    team, form = run_team(current_actor(), code), ProposalForm()
    proposed = proposal_for(db.session(), team, now())
    if not form.is_submitted():
        form.show(proposed.plan)
        form.expected.data = [one.volunteer_id for one in proposed.expected if one.came_last_time]
        return _page(team, form, proposed)
    extra = form.ticked_days(proposed.extra, request.form.getlist("extra_on"))
    if form.do.data == "find" or not form.validate():
        return _page(team, form, proposed, extra)
    try:
        done = _propose(team, form, proposed, extra)
    except RuleBroken as refusal:
        form.refuse(refusal, FIELDS.get(refusal.code))
        return _page(team, form, proposed, extra)
    _tell(done)
    main = done.made.get(proposed.service_on)
    if main is not None and len(done.made) == 1:
        return redirect(url_for("attending.people", activity_id=main), 303)
    return redirect(url_for("leading.activities", code=code), 303)


def _propose(team: TeamRow, form: ProposalForm, proposed: Proposal, extra: list[date]) -> Proposed:
    known = {one.volunteer_id for one in proposed.expected}
    with transaction() as session:
        return propose(
            session,
            team.id,
            form.plan(proposed.service_on),
            [proposed.service_on, *extra],
            expected=[one for one in form.expected.data if one in known],
            publish=form.do.data == "publish",
            actor=current_actor(),
            now=now(),
        )


def _tell(done: Proposed) -> None:
    """Say what was made, what stood there already, and who could not be signed up."""
    if done.made:
        count = ngettext("%(num)s activity made.", "%(num)s activities made.", len(done.made))
        flash(count, "success")
    if done.there_already:
        dates = _(", ").join(day_weekday(on) for on in done.there_already)
        flash(_("Left as it is: there is something on %(dates)s already.", dates=dates), "info")
    for left in done.left_out:
        text = _("%(name)s was not signed up: %(why)s", name=left.name, why=say(left.refusal))
        flash(text, "warning")


def _page(
    team: TeamRow, form: ProposalForm, proposed: Proposal, extra: list[date] | None = None
) -> tuple[str, int]:
    today = today_in(chosen_zone(), now())
    found: Found = offer_in_charge(db.session(), form, team, today, current_actor())
    page = render_template(
        "activities/leader_proposal.html",
        team=team,
        form=form,
        proposed=proposed,
        there=[line(row, today) for row in proposed.there],
        on=day_weekday(proposed.service_on, with_year=True),
        like=day_weekday(proposed.like_on) if proposed.like_on else "",
        expected=_rows(proposed.expected, form.expected.data),
        extra=[(on.isoformat(), day_weekday(on), on in (extra or ())) for on in proposed.extra],
        search_note=found.note,
    )
    is_refused = form.is_submitted() and form.do.data != "find"
    return page, 422 if is_refused else 200


def _rows(expected: list[Expected], ticked: list[int]) -> list[dict[str, Any]]:
    """Return who may be expected; some may have been ticked and found unfit meanwhile."""
    return [
        {
            "id": one.volunteer_id,
            "name": one.name,
            "hint": _("came last time") if one.came_last_time else one.number or "",
            "is_ticked": one.volunteer_id in ticked,
        }
        for one in expected
    ]


# ── all teams ─────────────────────────────────────────────────────────────────────────────


@blueprint.get("/activities/desk")
@allow("activity.change")
def desk() -> str:
    """Show what waits for its closing, and which teams have their service day."""
    actor, at = current_actor(), now()
    session, today = db.session(), today_in(chosen_zone(), at)
    days = team_days(session, _teams(actor, today), at)
    late = unclosed(session, actor.organises, at, team_ids=actor.leads)
    return render_template(
        "activities/leader_desk.html",
        late=[unclosed_line(each, today) for each in late],
        missing=[(each.team, day_weekday(each.service_on)) for each in days if not each.there],
        there=[
            (each.team, [line(row, today) for row in each.there]) for each in days if each.there
        ],
    )


@blueprint.post("/activities/desk/drafts")
@allow("activity.change")
def drafts() -> ResponseReturnValue:
    """Write down drafts for every team that has nothing on its service day."""
    actor, at = current_actor(), now()
    teams = _teams(actor, today_in(chosen_zone(), at))
    with transaction() as session:
        missing = [each.team.id for each in team_days(session, teams, at) if not each.there]
        made = propose_missing(session, missing, actor=actor, now=at)
    said = ngettext(
        "%(num)s draft made; its leader announces it.",
        "%(num)s drafts made; their leaders announce them.",
        made,
    )
    flash(said if made else _("Every team has something on its service day already."), "success")
    return redirect(url_for(".desk"), 303)


def _teams(actor: Actor, today: date) -> list[TeamRow]:
    session = db.session()
    organised = teams_in(session, actor.organises, on=today) if actor.organises else []
    known = {team.id for team in organised}
    led = teams_by_ids(session, actor.leads - known) if actor.leads - known else []
    return [*led, *organised]
