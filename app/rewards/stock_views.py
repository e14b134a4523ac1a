"""The stock: every move with actor and reason, taking in, writing off, and who gave what."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_timezone
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.db import db
from app.rewards import stock_showing as showing
from app.rewards.keeping_access import Keeping, keeping_of, kept_item, own_item
from app.rewards.keeping_showing import counted, shown_item
from app.rewards.keeping_views import SHEETS, frame, sheet
from app.rewards.operations import stock as operations
from app.rewards.queries import keeping, stock
from app.rewards.queries.keeping import ItemRow
from app.rewards.rules.stock import MOVE_KINDS
from app.rewards.stock_forms import STOCK_FIELDS, TakeInForm, WriteOffForm
from app.web.actor import current_actor
from app.web.pagination import page_of
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("stock", __name__, url_prefix="/stock")

MOST_LOW = 50
LONGEST_ID = 18
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)


class Period(NamedTuple):
    """The dates asked for, both included, and the instants they lie between."""

    from_on: date
    until_on: date
    since: datetime
    before: datetime


@blueprint.get("")
@allow("stock.read")
def overview() -> ResponseReturnValue:
    """What is running out, and the moves of the whole shelf."""
    session, kept = db.session(), _kept()
    kind = _kind()
    where = stock.moves_where(organisation_id=kept.organisation.id, kind=kind)
    page = page_of(stock.count_moves(session, where))
    low = keeping.items_where(kept.organisation.id, shown="low")
    return render_template(
        "rewards/stock/overview.html",
        **frame(kept, "stock.overview"),
        low=[shown_item(one, kept.today) for one in keeping.items(session, low, limit=MOST_LOW)],
        moves=showing.shown_moves(stock.moves(session, where, offset=page.offset, limit=page.size)),
        page=page,
        filters=showing.kind_filters(kind),
        is_narrowed=kind is not None,
        downloads=_downloads(kind, org=kept.code),
    )


@blueprint.get("/<int:item_id>")
@allow("stock.read")
def item(item_id: int) -> ResponseReturnValue:
    """The moves of one item, and how they add up to what there is."""
    session = db.session()
    kept, found = kept_item(session, current_actor(), item_id)
    kind = _kind()
    where = stock.moves_where(item_id=item_id, kind=kind)
    page = page_of(stock.count_moves(session, where))
    return render_template(
        "rewards/stock/item.html",
        **frame(kept, ""),
        item=found,
        sums=showing.shown_sums(stock.sums_of(session, item_id)),
        moves=showing.shown_moves(stock.moves(session, where, offset=page.offset, limit=page.size)),
        page=page,
        filters=showing.kind_filters(kind),
        downloads=_downloads(kind, item=item_id),
    )


@blueprint.get("/moves.<any(csv, xlsx):ending>")
@allow("stock.read")
def moves_sheet(ending: str) -> ResponseReturnValue:
    """The moves as a sheet: of a whole shelf, or of one item; the oldest first, as in a book."""
    session = db.session()
    kept, item = _asked_for(session)
    of = {"item_id": item.id} if item else {"organisation_id": kept.organisation.id}
    where = stock.moves_where(kind=_kind(), **of)
    rows = [showing.move_row(move, _zone()) for move in reversed(stock.moves(session, where))]
    return sheet(ending, showing.move_header(), rows, f"stock-moves-{kept.today}")


@blueprint.route("/<int:item_id>/in", methods=["GET", "POST"])
@allow("shelf.change")
def take_in(item_id: int) -> ResponseReturnValue:
    """Take pieces in, with who gave them and the paper that says so."""
    session = db.session()
    kept, found = own_item(session, current_actor(), item_id)
    form = TakeInForm()
    partners = keeping.partners(session, kept.organisation.id, above=True)
    form.offer_partners([(one.id, one.name) for one in partners if one.ended_at is None])
    if form.validate_on_submit():
        available = carried_out(
            form,
            lambda session: operations.take_in(
                session,
                item_id,
                form.quantity.data or 0,
                form.donated,
                actor=current_actor(),
                now=now(),
                key=form.sent_key,
                reason=form.reason.data or "",
            ),
            STOCK_FIELDS,
        )
        if available is not None:
            return _told(found, available)
    return _form_page("rewards/stock/take_in.html", form, found)


@blueprint.route("/<int:item_id>/out", methods=["GET", "POST"])
@allow("shelf.change")
def write_off(item_id: int) -> ResponseReturnValue:
    """Write off what is damaged or spoilt."""
    _kept, found = own_item(db.session(), current_actor(), item_id)
    form = WriteOffForm()
    if form.validate_on_submit():
        left = carried_out(
            form,
            lambda session: _Left(
                operations.write_off(
                    session,
                    item_id,
                    form.quantity.data or 0,
                    reason=form.reason.data or "",
                    document=form.document.data or "",
                    actor=current_actor(),
                    now=now(),
                    key=form.sent_key,
                )
            ),
            STOCK_FIELDS,
        )
        if left is not None:
            return _told(found, left.available)
    return _form_page("rewards/stock/write_off.html", form, found)


@blueprint.get("/donors")
@allow("stock.read")
def donors() -> ResponseReturnValue:
    """Who gave what within a time, with the documents."""
    session, kept, period = db.session(), _kept(), _period()
    partners = keeping.partners(session, kept.organisation.id, above=True)
    partner_id = _partner({one.id for one in partners})
    gifts = _gifts(kept, period, partner_id)
    asked: dict[str, Any] = {
        "org": kept.code,
        "from": period.from_on.isoformat(),
        "until": period.until_on.isoformat(),
        "partner": partner_id,
    }
    return render_template(
        "rewards/stock/donors.html",
        **frame(kept, "stock.donors"),
        period=period,
        partners=[("", _("Everybody")), *((one.id, one.name) for one in partners)],
        partner_id=partner_id or "",
        sums=showing.donor_sums(gifts),
        gifts=gifts,
        donor_text=showing.donor_text,
        counted=counted,
        downloads={kind: url_for(".donors_sheet", kind=kind, **asked) for kind in SHEETS},
    )


@blueprint.get("/donors.<any(csv, xlsx):kind>")
@allow("stock.read")
def donors_sheet(kind: str) -> ResponseReturnValue:
    """The donors' report as a sheet: a line for everything that came in."""
    kept, period = _kept(), _period()
    partners = keeping.partners(db.session(), kept.organisation.id, above=True)
    gifts = _gifts(kept, period, _partner({one.id for one in partners}))
    rows = [showing.gift_row(gift, _zone()) for gift in gifts]
    name = f"donors-{period.from_on}-{period.until_on}"
    return sheet(kind, showing.gift_header(), rows, name)


class _Left(NamedTuple):
    """How many lie on the shelf; none at all is an answer as well."""

    available: int


def _kept() -> Keeping:
    return keeping_of(db.session(), current_actor(), request.args.get("org"))


def _asked_for(session: Session) -> tuple[Keeping, ItemRow | None]:
    """Return the shelf asked for, and the one item of it, if one is."""
    given = request.args.get("item")
    if given is None:
        return _kept(), None
    if not (given.isascii() and given.isdigit() and len(given) < LONGEST_ID):
        not_found()
    return kept_item(session, current_actor(), int(given))


def _downloads(kind: str | None, **of: Any) -> dict[str, str]:
    return {each: url_for(".moves_sheet", ending=each, kind=kind, **of) for each in SHEETS}


def _told(item: ItemRow, available: int) -> ResponseReturnValue:
    text = counted(available, item.measure)
    flash(_("Written down. %(available)s now lie on the shelf.", available=text), "success")
    return redirect(url_for(".item", item_id=item.id), 303)


def _form_page(template: str, form: Any, item: ItemRow) -> tuple[str, int]:
    page = render_template(
        template,
        form=form,
        item=item,
        available=counted(item.available, item.measure),
        reserved=counted(item.reserved, item.measure),
    )
    return page, 422 if form.is_submitted() else 200


def _kind() -> str | None:
    given = request.args.get("kind") or None
    return given if given is None or given in MOVE_KINDS else not_found()


def _period() -> Period:
    """Return the dates asked for; without any, this year so far."""
    today = now().astimezone(_zone()).date()
    first = _day("from") or today.replace(month=1, day=1)
    last = _day("until") or today
    first, last = min(first, last), max(first, last)
    begins = datetime.combine(first, time(), _zone())
    ends = datetime.combine(last + timedelta(days=1), time(), _zone())
    return Period(first, last, begins.astimezone(UTC), ends.astimezone(UTC))


def _day(name: str) -> date | None:
    """Return a date of the address; one that is none asks for the usual."""
    try:
        given = date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None
    return min(max(given, EARLIEST), LATEST)


def _partner(known: set[int]) -> int | None:
    given = request.args.get("partner") or None
    if given is None:
        return None
    return next((each for each in known if str(each) == given), None) or not_found()


def _gifts(kept: Keeping, period: Period, partner_id: int | None) -> list[stock.Gift]:
    return stock.gifts(
        db.session(),
        kept.organisation.id,
        since=period.since,
        before=period.before,
        partner_id=partner_id,
    )


def _zone() -> Any:
    return get_timezone() or UTC
