"""Stocktaking: a sheet to print, what was counted, the differences before they are booked."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from app.clock import now
from app.db import db
from app.rewards.keeping_access import Keeping, own_keeping
from app.rewards.keeping_showing import counted
from app.rewards.keeping_views import frame
from app.rewards.operations.counting import Count, Counted, count_stock
from app.rewards.queries.stock import count_lines
from app.rewards.stock_forms import CountForm, Counting, shown_of
from app.rewards.stock_showing import signed
from app.rewards.stock_views import blueprint
from app.web.actor import current_actor
from app.web.policy import allow
from app.web.submitting import carried_out


@blueprint.route("/count", methods=["GET", "POST"])
@allow("shelf.change")
def count() -> ResponseReturnValue:
    """Count what lies on the shelf: first the differences are shown, then they are booked."""
    kept = own_keeping(db.session(), current_actor(), request.args.get("org"))
    form = CountForm()
    lines = count_lines(db.session(), kept.organisation.id)
    sheet = form.read(lines, request.form)
    if not form.is_submitted():
        return _page(kept, form, sheet, 200)
    filled = [each for each in sheet if each.counted is not None]
    is_whole = form.validate_on_submit() and not any(each.error for each in sheet)
    # Sent twice, it is the operation that knows what the first sending did.
    if is_whole and filled and "save" in request.form and all(each.is_shown for each in sheet):
        return _save(kept, form, sheet, filled)
    if _ask_again(sheet):
        return _page(kept, form, sheet, 409, has_moved=True)
    if is_whole and not filled:
        form.form_errors.append(_("Fill in what you counted of at least one item."))
    return _page(kept, form, sheet, 200 if is_whole and filled else 422)


@blueprint.get("/count/paper")
@allow("shelf.change")
def count_paper() -> ResponseReturnValue:
    """A blank list to take along to the shelf; what the books say is left out on purpose."""
    kept = own_keeping(db.session(), current_actor(), request.args.get("org"))
    return render_template(
        "rewards/stock/count_paper.html",
        **frame(kept, "stock.count"),
        lines=count_lines(db.session(), kept.organisation.id),
    )


def _ask_again(sheet: list[Counting]) -> bool:
    """Empty what moved since the page showed it; tell whether anything did.

    Whoever counted before a redemption counted the piece that is now set aside.
    """
    found = False
    for each in sheet:
        shown = shown_of(each, request.form)
        books = (each.line.available, each.line.move_id)
        if each.counted is not None and (
            shown is None or (shown.shown_available, shown.shown_move_id) != books
        ):
            each.typed, each.counted, each.has_moved, found = "", None, True, True
    return found


def _save(
    kept: Keeping, form: CountForm, sheet: list[Counting], filled: list[Counting]
) -> ResponseReturnValue:
    counts = [found for each in filled if (found := shown_of(each, request.form)) is not None]
    done = carried_out(form, lambda session: _counted(session, counts, form))
    if done is None:
        return _page(kept, form, sheet, 422)
    if done.differences:
        flash(_booked_text(done), "success")
    if not done.moved:
        return redirect(url_for(".overview", org=kept.code), 303)
    # What moved meanwhile comes back with what the books say now, to be counted again.
    form.renew_key()
    lines = count_lines(db.session(), kept.organisation.id, item_ids=done.moved)
    again = [Counting(line, has_moved=True) for line in lines]
    return _page(kept, form, again, 409, has_moved=True)


def _counted(session: Any, counts: list[Count], form: CountForm) -> Counted:
    return count_stock(
        session,
        counts,
        reason=form.reason.data or "",
        actor=current_actor(),
        now=now(),
        key=form.sent_key,
    )


def _booked_text(done: Counted) -> str:
    differing = sum(1 for by in done.differences.values() if by)
    said = ngettext("%(num)s item was counted", "%(num)s items were counted", len(done.differences))
    if not differing:
        return str(_("%(counted)s; all agree with the books.", counted=said))
    return str(_("%(counted)s; %(differing)s differed.", counted=said, differing=differing))


def _page(
    kept: Keeping, form: CountForm, sheet: list[Counting], status: int, *, has_moved: bool = False
) -> tuple[str, int]:
    is_asked = status == 200 and form.is_submitted()
    page = render_template(
        "rewards/stock/count.html",
        **frame(kept, "stock.count"),
        form=form,
        sheet=[_shown(each) for each in sheet],
        errors=[(f"counted-{one.line.item_id}", one.error) for one in sheet if one.error],
        is_asked=is_asked,
        has_moved=has_moved,
        differing=sum(1 for each in sheet if each.difference),
    )
    return page, status


def _shown(each: Counting) -> dict[str, Any]:
    line = each.line
    difference = each.difference
    return {
        "id": line.item_id,
        "name": line.name,
        "category": line.category,
        "measure": line.measure,
        "books": counted(line.available, line.measure),
        "available": line.available,
        "move_id": line.move_id,
        "reserved": counted(line.reserved, line.measure) if line.reserved else "",
        "typed": each.typed,
        "error": each.error,
        "difference": None if difference is None else signed(difference),
        "differs": bool(difference),
        "has_moved": each.has_moved,
    }
