"""The points rules of an organisation: versions, a new one with a preview of its effect."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now, today_in
from app.db import db, transaction
from app.errors import RuleBroken
from app.organisations.queries import ancestors_of, root_id_of, settings_of
from app.points import operations
from app.points.queries import Laid, governed_by, laid_down, versions_for
from app.points.rules import (
    DEFAULT_RATE_HUNDREDTHS,
    DEFAULT_SERVICE_DAY_PERCENT,
    DEFAULT_SERVICE_MONTH_PERCENT,
    DEFAULT_STEP_HUNDREDTHS,
    RuleVersion,
)
from app.settings import points_showing, showing
from app.settings.access import Desk, first_code, own_desk, read_desk
from app.settings.forms import RATE, RuleForm, rule_form
from app.settings.queries import changes, effect_of
from app.settings.rules import RULE_CHANGES, next_first_of_month
from app.teams.queries import ColourRow, KeptColour, kept_colours
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("point_rules", __name__, url_prefix="/admin/points")

FIELD_OF = {"not_from_the_past": "effective_from", "version_exists": "effective_from"}


class Previewed(NamedTuple):
    """What a rule would have made of one year."""

    year: int
    sentence: str
    rows: list[dict[str, Any]]
    records: int


@blueprint.get("")
@allow("setting.read")
def start() -> ResponseReturnValue:
    """Lead to the points rules of one's own organisation."""
    return redirect(url_for(".versions", code=first_code(current_actor())), 303)


@blueprint.get("/<code>")
@allow("setting.read")
def versions(code: str) -> str:
    """Every version that rules here, the latest first."""
    session, desk = db.session(), read_desk(current_actor(), code)
    own, colours = desk.organisation.id, _colours(desk)
    found, today = versions_for(session, own), _today(desk)
    present = max(
        (each.effective_from for each in found if each.effective_from <= today), default=None
    )
    above = ancestors_of(session, own)
    return render_template(
        "settings/rules.html",
        desk=desk,
        versions=[
            points_showing.version_card(laid, [one.colour for one in colours], present, today)
            for laid in reversed(laid_down(session, found))
        ],
        own=own,
        history=showing.history(
            changes(session, above, RULE_CHANGES), points_showing.rule_text(_by_id(colours))
        ),
    )


@blueprint.route("/<code>/new", methods=["GET", "POST"])
@allow("setting.change")
def add(code: str) -> ResponseReturnValue:
    """Lay down a new version: fill in, look at its effect, lay it down."""
    desk = own_desk(current_actor(), code)
    colours, given = _colours(desk), _latest(desk)
    given["effective_from"] = next_first_of_month(_today(desk))
    form = rule_form(colours, given, is_new=True)
    if not form.is_submitted():
        return _form_page(desk, form, colours)
    if not form.validate() or _asked("back"):
        return _form_page(desk, form, colours, status=200 if _asked("back") else 422)
    begin = form["effective_from"].data
    try:
        if not _asked("save"):
            operations.check_begin(db.session(), desk.organisation.id, begin)
            return _form_page(desk, form, colours, effects=_effects(desk, form, begin))
        with transaction() as session:
            operations.add_rule_version(
                session,
                organisation_id=desk.organisation.id,
                effective_from=begin,
                actor_id=current_actor().login_id,
                now=now(),
                **_figures(form),
            )
    except RuleBroken as refusal:
        form.refuse(refusal, FIELD_OF.get(refusal.code))
        return _form_page(desk, form, colours, status=422)
    flash(_("The rule is laid down."), "toast")
    return redirect(url_for(".versions", code=code), 303)


@blueprint.route("/<code>/<int:version_id>/edit", methods=["GET", "POST"])
@allow("setting.change")
def edit(code: str, version_id: int) -> ResponseReturnValue:
    """Change a version that no credit has used."""
    desk = own_desk(current_actor(), code)
    laid, colours = _own_version(desk, version_id), _colours(desk)
    form = rule_form(colours, _data_of(laid.version, colours), is_new=False)
    if not form.is_submitted():
        return _form_page(desk, form, colours, laid=laid)
    if not form.validate() or _asked("back"):
        return _form_page(desk, form, colours, laid=laid, status=200 if _asked("back") else 422)
    if not _asked("save"):
        effects = _effects(desk, form, laid.version.effective_from)
        return _form_page(desk, form, colours, laid=laid, effects=effects)
    try:
        with transaction() as session:
            operations.edit_unused_rule_version(
                session,
                version_id,
                actor_id=current_actor().login_id,
                now=now(),
                **_figures(form),
            )
    except RuleBroken as refusal:
        form.refuse(refusal)
        return _form_page(desk, form, colours, laid=laid, status=422)
    flash(_("Saved."), "toast")
    return redirect(url_for(".versions", code=code), 303)


@blueprint.post("/<code>/<int:version_id>/withdraw")
@allow("setting.change")
def withdraw(code: str, version_id: int) -> ResponseReturnValue:
    """Take back a version that no credit has used."""
    desk = own_desk(current_actor(), code)
    _own_version(desk, version_id)
    with transaction() as session:
        operations.withdraw_rule_version(
            session, version_id, actor_id=current_actor().login_id, now=now()
        )
    flash(_("The rule is taken back; the one before it applies."), "toast")
    return redirect(url_for(".versions", code=code), 303)


def _form_page(
    desk: Desk,
    form: RuleForm,
    colours: list[KeptColour],
    *,
    laid: Laid | None = None,
    effects: list[Previewed] | None = None,
    status: int = 200,
) -> tuple[str, int]:
    page = render_template(
        "settings/rule_form.html",
        desk=desk,
        form=form,
        rates=[form[f"{RATE}{one.colour.id}"] for one in colours],
        laid=laid,
        begins=points_showing.begin_text(laid.version.effective_from) if laid else None,
        effects=effects,
    )
    return page, status


def _effects(desk: Desk, form: RuleForm, begin: date) -> list[Previewed]:
    """Return what the rule would have made of the last full year and of this one so far."""
    session, today = db.session(), _today(desk)
    figures = _figures(form)
    version = RuleVersion(
        0,
        begin,
        figures["service_day_percent"],
        figures["service_month_percent"],
        figures["step_hundredths"],
        figures["rates"],
    )
    ruled = governed_by(session, desk.organisation.id, begin)
    colours = _by_id(_colours(desk))
    found = []
    for year in (today.year - 1, today.year):
        effect = effect_of(session, version, ruled, date(year, 1, 1), date(year, 12, 31))
        rows = points_showing.effect_rows(effect, colours)
        found.append(
            Previewed(year, points_showing.effect_text(year, effect), rows, effect.records)
        )
    return found


def _figures(form: RuleForm) -> dict[str, Any]:
    return {
        "rates": form.rates(),
        "service_day_percent": form.service_day_percent.data,
        "service_month_percent": form.service_month_percent.data,
        "step_hundredths": form.step_hundredths.data,
    }


def _latest(desk: Desk) -> dict[str, Any]:
    """Return the figures a new version begins with: those of the latest."""
    found = versions_for(db.session(), desk.organisation.id)
    usual = RuleVersion(
        0,
        date.min,
        DEFAULT_SERVICE_DAY_PERCENT,
        DEFAULT_SERVICE_MONTH_PERCENT,
        DEFAULT_STEP_HUNDREDTHS,
        {},
    )
    return _data_of(found[-1] if found else usual, _colours(desk))


def _data_of(version: RuleVersion, colours: list[KeptColour]) -> dict[str, Any]:
    rates = {
        f"{RATE}{one.colour.id}": version.rates.get(one.colour.id, DEFAULT_RATE_HUNDREDTHS)
        for one in colours
    }
    return {
        "service_day_percent": version.service_day_percent,
        "service_month_percent": version.service_month_percent,
        "step_hundredths": version.step_hundredths,
        **rates,
    }


def _own_version(desk: Desk, version_id: int) -> Laid:
    """Return a version that the organisation itself laid down, or answer 404."""
    session, own = db.session(), desk.organisation.id
    found = [each for each in versions_for(session, own) if each.id == version_id]
    laid = laid_down(session, found)
    return laid[0] if laid and laid[0].organisation_id == own else not_found()


def _colours(desk: Desk) -> list[KeptColour]:
    session = db.session()
    return kept_colours(session, root_id_of(session, desk.organisation.id))


def _by_id(colours: list[KeptColour]) -> Mapping[int, ColourRow]:
    return {one.colour.id: one.colour for one in colours}


def _today(desk: Desk) -> date:
    return today_in(settings_of(db.session(), desk.organisation.id).time_zone, now())


def _asked(what: str) -> bool:
    return request.form.get("do") == what
