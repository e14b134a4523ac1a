"""The settings of an organisation: what each is, whose it is, who changed it."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.expiry.queries import KEY as EXPIRY
from app.organisations import operations
from app.organisations.queries import ancestors_of, held_settings, settings_of
from app.organisations.rules import parse_setting
from app.settings import showing
from app.settings.access import Desk, first_code, own_desk, read_desk
from app.settings.expiry_views import effect_of_years
from app.settings.forms import FlagForm, SettingForm
from app.settings.queries import changes, last_changes
from app.settings.rules import FIGURE_OF, SETTING_CHANGES, Figure
from app.web.actor import current_actor
from app.web.filters import clock_time
from app.web.policy import allow, not_found

blueprint = Blueprint("settings", __name__, url_prefix="/admin/settings")


@blueprint.get("")
@allow("setting.read")
def start() -> ResponseReturnValue:
    """Lead to the settings of one's own organisation."""
    return redirect(url_for(".overview", code=first_code(current_actor())), 303)


@blueprint.get("/<code>")
@allow("setting.read")
def overview(code: str) -> str:
    """Every setting of an organisation with its value and whose it is."""
    session, desk = db.session(), read_desk(current_actor(), code)
    own = desk.organisation.id
    above = ancestors_of(session, own)
    return render_template(
        "settings/overview.html",
        desk=desk,
        pages=_pages(code),
        groups=showing.setting_groups(
            own,
            settings_of(session, own),
            held_settings(session, own),
            last_changes(session, above, SETTING_CHANGES[0]),
        ),
    )


@blueprint.get("/<code>/figures/<key>")
@allow("setting.read")
def figure(code: str, key: str) -> ResponseReturnValue:
    """One setting: its meaning, its value here and above, its history."""
    desk, shown = read_desk(current_actor(), code), _figure(key)
    return _figure_page(desk, shown, _form_of(desk, shown))


@blueprint.post("/<code>/figures/<key>")
@allow("setting.change")
def change(code: str, key: str) -> ResponseReturnValue:
    """Set an own value."""
    desk, shown = own_desk(current_actor(), code), _figure(key)
    form = _form_of(desk, shown)
    if form.validate_on_submit():
        typed = form.value.data or ""
        effect = _effect(desk, key, typed)
        if effect and request.form.get("seen") != typed:
            return _figure_page(desk, shown, form, effect=effect)
        try:
            _change(desk, key, typed)
        except RuleBroken as refusal:
            form.renew_key()
            form.value.errors = [showing.refusal_text(shown, typed, refusal)]
        else:
            flash(_("Saved. It counts from now on."), "toast")
            return redirect(url_for(".figure", code=code, key=key), 303)
    return _figure_page(desk, shown, form, 422)


@blueprint.post("/<code>/figures/<key>/inherit")
@allow("setting.change")
def inherit(code: str, key: str) -> ResponseReturnValue:
    """Give an own value up and inherit again."""
    desk, shown = own_desk(current_actor(), code), _figure(key)
    try:
        _change(desk, key, None)
    except RuleBroken as refusal:
        form = _form_of(desk, shown)
        form.refuse(refusal)
        return _figure_page(desk, shown, form, 422)
    flash(_("The inherited value counts again."), "toast")
    return redirect(url_for(".figure", code=code, key=key), 303)


def _pages(code: str) -> list[tuple[str, str, str]]:
    """Return the ways to what is kept as a list: address, title, what it is."""
    return [
        (
            url_for("point_rules.versions", code=code),
            _("Points rules"),
            _("Points per hour, bonuses, rounding"),
        ),
        (
            url_for("points_expiry.losers", code=code),
            _("Points that expire"),
            _("Who would lose which points by when"),
        ),
        (
            url_for("settings_calendar.calendar", code=code),
            _("Working days and holidays"),
            _("Which dates count as working days"),
        ),
        (
            url_for("settings_calendar.service_days", code=code),
            _("Substitute service days"),
            _("Another date for one month's service day"),
        ),
        (
            url_for("colours.colours", code=code),
            _("Colours"),
            _("The themes of the teams"),
        ),
        (url_for("tree.tree"), _("Organisations"), _("The tree, names, where each belongs")),
    ]


def _effect(desk: Desk, key: str, typed: str) -> tuple[str, str] | None:
    """Return what a value would take from people, and where that is listed, before it is kept."""
    if key != EXPIRY:
        return None
    present = settings_of(db.session(), desk.organisation.id).points_expire_after_years
    try:
        years = parse_setting(key, typed)
    except RuleBroken:
        return None
    if not isinstance(years, int) or years in (0, present):
        return None
    return effect_of_years(desk, years)


def _change(desk: Desk, key: str, value: str | None) -> None:
    with transaction() as session:
        operations.change_setting(
            session,
            desk.organisation.id,
            key=key,
            value=value,
            actor_id=current_actor().login_id,
            now=now(),
        )


def _figure(key: str) -> Figure:
    return FIGURE_OF[key] if key in FIGURE_OF else not_found()


def _form_of(desk: Desk, shown: Figure) -> SettingForm | FlagForm:
    present = settings_of(db.session(), desk.organisation.id)
    value = getattr(present, shown.key)
    if isinstance(value, bool):
        return FlagForm(data={"value": "1" if value else "0"})
    if isinstance(value, tuple):
        return SettingForm(data={"value": ", ".join(map(str, value))})
    is_time = shown.unit == "minute_of_day"
    return SettingForm(data={"value": clock_time(value) if is_time else str(value)})


def _figure_page(
    desk: Desk,
    shown: Figure,
    form: SettingForm | FlagForm,
    status: int = 200,
    *,
    effect: tuple[str, str] | None = None,
) -> tuple[str, int]:
    session, own = db.session(), desk.organisation.id
    above = ancestors_of(session, own)
    held = held_settings(session, own).get(shown.key)
    is_own = held is not None and held.organisation_id == own
    inherited = held_settings(session, above[1]).get(shown.key) if len(above) > 1 else None
    page = render_template(
        "settings/figure.html",
        desk=desk,
        figure=shown,
        form=form,
        effect=effect,
        list_url=url_for("points_expiry.losers", code=desk.organisation.code)
        if shown.key == EXPIRY
        else None,
        value=showing.value_text(shown, getattr(settings_of(session, own), shown.key)),
        origin=showing.origin_text(held, own),
        is_own=is_own,
        inherited=showing.inherited_text(shown, inherited),
        range=showing.range_text(shown),
        history=showing.setting_history(
            shown, changes(session, above, SETTING_CHANGES, key=shown.key)
        ),
    )
    return page, status
