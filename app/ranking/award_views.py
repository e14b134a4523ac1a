"""The organiser's closing of a year: which years there are, one of them, what is open in it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import HTTPException

from app.clock import now
from app.db import db, snapshot
from app.organisations.queries import Node, forest
from app.ranking.award_access import Closing, below_of, closing_of
from app.ranking.award_forms import AnswerForm, AskForm, ExtendForm, ReasonForm
from app.ranking.overview_showing import shown_years
from app.ranking.place_showing import shown_places
from app.ranking.queries.overview import years_standing
from app.ranking.queries.snapshots import latest_snapshot
from app.ranking.queries.unsettled import (
    Ground,
    disputes_of,
    open_activities,
    unsettled,
    waiting_records,
)
from app.ranking.wizard import MOST_CHANGES, Wizard, wizard_of
from app.ranking.wizard_showing import (
    about,
    changes_of,
    checks_of,
    decisions_of,
    steps_of,
    what_of,
)
from app.web.actor import current_actor
from app.web.filters import day, hours, instant
from app.web.forms import Form
from app.web.pagination import page_of, url_with
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("awards", __name__, url_prefix="/awards")

ORGANISATIONS_A_PAGE = 20
THINGS_A_PAGE = 50
SHOWN = {"records": waiting_records, "activities": open_activities, "disputes": disputes_of}


@blueprint.get("")
@allow("scheme.read")
def everything() -> str:
    """List the organisations within reach with their years, each with its stage and next step."""
    session, actor = db.session(), current_actor()
    organisations = forest(session, actor.organises | actor.audits) or not_found()
    page = page_of(len(organisations), size=ORGANISATIONS_A_PAGE)
    here: list[Node] = organisations[page.offset :][: page.size]
    standing = years_standing(session, [one.id for one in here])
    return render_template(
        "awards/list.html",
        organisations=shown_years(here, standing),
        page=page,
    )


@blueprint.get("/<code>/<int:year>")
@allow("scheme.read")
def year(code: str, year: int) -> ResponseReturnValue:
    """Show where a year stands, what is left to do, and what was decided."""
    with snapshot() as session:
        return wizard_page(closing_of(session, current_actor(), code, year))


def wizard_page(closing: Closing, form: Form | None = None) -> ResponseReturnValue:
    """Show the wizard with whatever form came back refused."""
    wizard = wizard_of(db.session(), current_actor(), closing, now())
    steps, current = steps_of(wizard)
    page = render_template(
        "awards/wizard.html",
        closing=closing,
        wizard=wizard,
        about=about(wizard),
        steps=steps,
        current=current,
        checks=checks_of(wizard),
        changes=changes_of(wizard),
        more_changes=max(0, len(wizard.lists.changed) - MOST_CHANGES),
        rows=shown_places(wizard.lists.first, wizard.lists.people),
        compared=_compared(wizard),
        question=_question(wizard),
        decisions=decisions_of(wizard),
        lists=_frozen_lists(wizard),
        form=form,
        **_forms(wizard, form),
        **_ways(closing),
    )
    return page, 422 if form is not None and form.is_submitted() else 200


def _forms(wizard: Wizard, refused: Form | None) -> dict[str, Any]:
    """Return a form for each thing that can be done; the refused one as it was typed."""
    asked_id = wizard.question.freeze.id if wizard.question else None
    standing = wizard.standing
    fresh: dict[str, Form] = {
        "ask_form": AskForm(formdata=None),
        "reason_form": ReasonForm(formdata=None, freeze=asked_id),
        "extend_form": ExtendForm(formdata=None, until_on=standing.until_on if standing else None),
    }
    if isinstance(refused, ReasonForm) and refused.freeze.data == asked_id:
        fresh["reason_form"] = refused
    for name, kind in (("ask_form", AskForm), ("extend_form", ExtendForm)):
        if isinstance(refused, kind):
            fresh[name] = refused
    return {**fresh, "answer_form": AnswerForm(formdata=None, freeze=asked_id)}


def _question(wizard: Wizard) -> dict[str, Any] | None:
    """Return what waits for a second person as it is told."""
    seen = wizard.question
    if seen is None:
        return None
    alone_from = seen.alone_from
    return {
        "what": what_of(seen.freeze.asked_for),
        "asked_for": seen.freeze.asked_for,
        "by": seen.freeze.asker,
        "at": instant(seen.freeze.asked_at),
        "reason": seen.freeze.reason,
        "may_decide": seen.may_decide,
        "may_withdraw": seen.may_withdraw,
        "others": seen.others,
        "refusal": say(seen.refusal) if seen.refusal else "",
        "alone_from": instant(alone_from) if alone_from else "",
        "is_alone_now": alone_from is not None and alone_from <= now(),
    }


def _compared(wizard: Wizard) -> str:
    """Say with what the list is compared."""
    standing = wizard.standing
    if standing is None:
        return ""
    if standing.final_at is None:
        return str(_("compared with the notice of %(at)s", at=day(standing.notice_from_on)))
    return str(_("compared with the list before")) if standing.corrects_id else ""


def _frozen_lists(wizard: Wizard) -> list[dict[str, Any]]:
    return [
        {
            "url": url_for(".frozen", snapshot_id=one.id, **wizard.closing.address),
            "title": _("List %(number)s", number=one.number),
            "about": _(
                "frozen %(at)s, notice until %(until)s",
                at=instant(one.frozen_at),
                until=day(one.until_on, with_year=True),
            ),
            "reason": one.reason,
            "is_alone": one.is_alone,
            "is_final": one.final_at is not None,
        }
        for one in wizard.snapshots
    ]


def _ways(closing: Closing) -> dict[str, str]:
    """Return the addresses of the pages beside this one; empty where there is none."""
    here = f"{closing.code}/{closing.year}"
    return {
        "public_url": _open_way(f"/pioneers/{here}"),
        "objections_url": _open_way(f"/awards/{here}/objections"),
        "certificates_url": _open_way(f"/awards/{here}/certificates"),
    }


def _open_way(path: str) -> str:
    """Return an address when there is such a page."""
    try:
        current_app.url_map.bind("localhost").match(path, method="GET")
    except HTTPException:
        return ""
    return request.script_root + path


# ── what is open ──────────────────────────────────────────────────────────────────────────


@blueprint.get("/<code>/<int:year>/open")
@allow("scheme.read")
def unsettled_things(code: str, year: int) -> str:
    """List what of the year is not settled, each with the page where it is."""
    session, actor = db.session(), current_actor()
    closing = closing_of(session, actor, code, year)
    standing = latest_snapshot(session, closing.organisation_id, year)
    ground = Ground(closing.organisation_id, year, below_of(closing, standing), closing.today)
    counts = unsettled(session, ground)
    show = request.args.get("show", "")
    show = show if show in SHOWN else "records"
    page = page_of(getattr(counts, show), size=THINGS_A_PAGE)
    things = SHOWN[show](session, ground, limit=page.size, offset=page.offset)
    labels = {
        "records": _("Waiting for approval (%(count)s)", count=counts.records),
        "activities": _("Not closed (%(count)s)", count=counts.activities),
        "disputes": _("Disputes (%(count)s)", count=counts.disputes),
    }
    ways = [
        {"url": url_with({"show": name, "page": None}), "label": label, "current": name == show}
        for name, label in labels.items()
    ]
    return render_template(
        "awards/open.html",
        closing=closing,
        ways=ways,
        things=[
            {
                "url": _settled_at(show, one.id, may_ask=closing.may_ask),
                "title": one.who_or_what,
                "about": _(
                    "%(day)s, %(team)s, %(hours)s hours",
                    day=day(one.on, with_year=True),
                    team=one.team_name,
                    hours=hours(one.minutes),
                ),
            }
            for one in things
        ],
        page=page,
    )


def _settled_at(show: str, thing_id: int, *, may_ask: bool) -> str:
    """Return where one thing is settled; an auditor reads it, or finds no page of it."""
    if show == "records":
        return url_for("service.record", record_id=thing_id)
    if show == "disputes":
        return url_for("disputes.one", dispute_id=thing_id)
    return url_for("closing.close", activity_id=thing_id) if may_ask else ""
