"""How one is told: which groups by which channel, and to what address."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.db import db, transaction
from app.errors import RuleBroken
from app.notices.access import NOWHERE, choices_of, own_channel, settles_own, unsent_scope
from app.notices.forms import AddressForm, CodeForm
from app.notices.handling import notices_of
from app.notices.operations import ask_code, choose, confirm_address, remove_address
from app.notices.queries import find_address, groups_off, open_code, unsent_messages
from app.notices.rules import GROUPS, Inbox, mask_address
from app.notices.showing import ShownUnsent, shown_unsent
from app.web.actor import current_actor
from app.web.policy import allow

if TYPE_CHECKING:
    from app.teams.rules import Actor

# So far back, and so many, of what was not sent is shown.
UNSENT_DAYS = 30
MOST_UNSENT = 30

blueprint = Blueprint("notice_settings", __name__, url_prefix="/me/notices/settings")


class Way(NamedTuple):
    """One channel as the page shows it."""

    code: str
    name: str
    is_set_up: bool
    address: str | None
    # Where a code is under way to, masked.
    asked: str | None
    groups: list[tuple[str, str, bool]]
    form: AddressForm
    code_form: CodeForm


class Unsent(NamedTuple):
    """The latest messages that were not sent, and how many there are in all, in words."""

    latest: list[ShownUnsent]
    text: str
    is_cut: bool


@blueprint.get("")
@allow("notice.read")
def settings() -> ResponseReturnValue:
    """Show by which ways one is told besides the inbox."""
    return _page()


@blueprint.post("/<channel>")
@allow("notice.change")
def change(channel: str) -> ResponseReturnValue:
    """Keep which groups one wants by a channel."""
    actor, known = current_actor(), own_channel(channel)
    settles_own(actor)
    with transaction() as session:
        choose(
            session,
            choices_of(actor),
            channel=known.code,
            wanted=set(request.form.getlist("group")),
            actor=actor,
            now=now(),
        )
    flash(_("Saved."), "toast")
    return _back()


@blueprint.post("/<channel>/address")
@allow("notice.change")
def address(channel: str) -> ResponseReturnValue:
    """Have a code sent to an address."""
    actor, known, form = current_actor(), own_channel(channel), AddressForm()
    settles_own(actor)
    if form.validate_on_submit():
        try:
            with transaction() as session:
                ask_code(
                    session,
                    choices_of(actor),
                    channel=known.code,
                    address=known.address_from(form.address.data or ""),
                    actor=actor,
                    now=now(),
                    key=form.sent_key,
                )
        except RuleBroken as refusal:
            form.renew_key()
            form.refuse(refusal, "address")
        else:
            flash(_("A code is on its way. Enter it here within 30 minutes."), "success")
            return _back()
    return _page(channel, form, status=422)


@blueprint.post("/<channel>/confirm")
@allow("notice.change")
def confirm(channel: str) -> ResponseReturnValue:
    """Keep the address whose code came back."""
    actor, known, form = current_actor(), own_channel(channel), CodeForm()
    settles_own(actor)
    if form.validate_on_submit():
        with transaction() as session:
            wrong = confirm_address(
                session,
                choices_of(actor),
                channel=known.code,
                typed=form.code.data or "",
                secret=current_app.config["SECRET_KEY"],
                actor=actor,
                now=now(),
            )
        if wrong is None:
            flash(_("Confirmed. From now on you are told there too."), "success")
            return _back()
        form.refuse(wrong, "code")
    return _page(channel, code_form=form, status=422)


@blueprint.post("/<channel>/remove")
@allow("notice.change")
def remove(channel: str) -> ResponseReturnValue:
    """Forget an address."""
    actor, known = current_actor(), own_channel(channel)
    settles_own(actor)
    with transaction() as session:
        remove_address(session, choices_of(actor), channel=known.code, actor=actor, now=now())
    flash(_("Removed. Nothing is sent there any more."), "toast")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for(".settings"), 303)


def _page(
    refused: str = "",
    form: AddressForm | None = None,
    code_form: CodeForm | None = None,
    status: int = 200,
) -> ResponseReturnValue:
    actor = current_actor()
    mine = choices_of(actor)
    codes = list(notices_of(current_app).channels)
    ways = [
        _way(mine, code, form if code == refused else None, code_form if code == refused else None)
        for code in codes
    ]
    page = render_template(
        "notices/settings.html",
        ways=ways,
        refused=form or code_form or AddressForm(formdata=None),
        may_settle=settles_own(actor, answers=False),
        unsent=_unsent(actor),
        unsent_days=UNSENT_DAYS,
        shows_address=actor.acting_for is None,
    )
    return page, status


def _unsent(actor: Actor) -> Unsent | None:
    """Return what was not sent of late, for those who look after it."""
    scope = unsent_scope(actor)
    if scope == NOWHERE:
        return None
    since = now() - timedelta(days=UNSENT_DAYS)
    rows = unsent_messages(db.session(), scope, since=since, limit=MOST_UNSENT)
    channels = notices_of(current_app).channels
    names = {code: _(channel.name) for code, channel in channels.items()}
    shown = [shown_unsent(row, names.get(row.channel, row.channel)) for row in rows]
    found = rows[0].found if rows else 0
    text = ngettext(
        "%(num)s message of the last %(days)s days did not go out."
        " Whom it was meant for still finds it under Notices.",
        "%(num)s messages of the last %(days)s days did not go out."
        " Whom they were meant for still finds them under Notices.",
        found,
        days=UNSENT_DAYS,
    )
    return Unsent(shown, text, is_cut=found > len(shown))


def _way(mine: Inbox, code: str, form: AddressForm | None, code_form: CodeForm | None) -> Way:
    session = db.session()
    channel = notices_of(current_app).channels[code]
    off = groups_off(session, mine, code)
    asked = open_code(session, mine, code, now())
    form = form or AddressForm(formdata=None)
    form.address.label.text = _(channel.address_label)
    return Way(
        code,
        _(channel.name),
        channel.is_set_up(),
        find_address(session, mine, code),
        mask_address(asked.address) if asked else None,
        [(group, _(title), group not in off) for group, title in GROUPS.items()],
        form,
        code_form or CodeForm(formdata=None),
    )
