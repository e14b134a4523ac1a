"""The inbox: what one was told, newest first."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.notices.access import inbox_of
from app.notices.operations import mark_all_read, mark_read
from app.notices.queries import PAGE, find_notice, notices_of
from app.notices.showing import shown
from app.web.actor import current_actor
from app.web.policy import allow, not_found

blueprint = Blueprint("notices", __name__, url_prefix="/me/notices")
# Ids are 64 bits on one engine and no more on the other.
MOST_DIGITS = 18


@blueprint.get("")
@allow("notice.read")
def inbox() -> ResponseReturnValue:
    """Show what one was told, a page at a time."""
    before_id = _id_in(request.args.get("before", ""))
    rows = notices_of(db.session(), inbox_of(current_actor()), before_id=before_id, limit=PAGE + 1)
    notices = [shown(row) for row in rows[:PAGE]]
    return render_template(
        "notices/inbox.html",
        notices=notices,
        newest_id=notices[0].id if notices else None,
        has_unread=any(notice.is_unread for notice in notices),
        older_url=url_for(".inbox", before=notices[-1].id) if len(rows) > PAGE else None,
        newer_url=url_for(".inbox") if before_id is not None else None,
    )


@blueprint.post("/read")
@allow("notice.change")
def read_all() -> ResponseReturnValue:
    """Mark what was shown, and all before it, as read; what came since stays unread."""
    up_to = _id_in(request.form.get("up_to", ""))
    if up_to is not None:
        with transaction() as session:
            mark_all_read(session, inbox_of(current_actor()), up_to=up_to, now=now())
        flash(_("Marked as read."), "toast")
    return redirect(url_for(".inbox"), 303)


@blueprint.post("/<int:notice_id>/open")
@allow("notice.change")
def open_notice(notice_id: int) -> ResponseReturnValue:
    """Mark a notice as read and go where it leads."""
    mine = inbox_of(current_actor())
    if len(str(notice_id)) > MOST_DIGITS:
        not_found()
    with transaction() as session:
        found = find_notice(session, mine, notice_id) or not_found()
        mark_read(session, mine, notice_id, now=now())
    return redirect(request.script_root + found.path, 303)


def _id_in(typed: str) -> int | None:
    is_id = typed.isascii() and typed.isdigit() and len(typed) <= MOST_DIGITS
    return int(typed) if is_id else None
