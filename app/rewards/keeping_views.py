"""The shelf for its keepers: the list, one item with its history, adding and changing it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.organisations.queries import root_id_of
from app.pictures.fields import ACCEPT
from app.rewards import keeping_showing as showing
from app.rewards.item_history import differences, history
from app.rewards.keeping_access import Keeping, keeping_of, kept_item, own_item, own_keeping
from app.rewards.keeping_forms import ITEM_FIELDS, ItemForm, PressForm, form_data
from app.rewards.models import ShelfItem
from app.rewards.operations import shelf as operations
from app.rewards.queries import keeping as queries
from app.rewards.queries.keeping import SHOWN, ItemRow
from app.rewards.rules.drawings import drawing_of
from app.sheets.writing import XLSX, write_csv, write_xlsx
from app.teams.queries import kept_colours
from app.web.actor import current_actor
from app.web.pagination import page_of
from app.web.policy import allow, not_found
from app.web.submitting import carried_out

blueprint = Blueprint("keeping", __name__, url_prefix="/shelf")

SHEETS = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": XLSX,
}


@blueprint.get("")
@allow("stock.read")
def shelf() -> ResponseReturnValue:
    """Every item of a shelf with its stock."""
    session, keeping = db.session(), _keeping()
    where, shown, category = _asked(keeping)
    page = page_of(queries.count_items(session, where))
    found = queries.items(session, where, offset=page.offset, limit=page.size)
    categories = queries.categories(session, keeping.organisation.id)
    return render_template(
        "rewards/keeping/shelf.html",
        **frame(keeping, "keeping.shelf"),
        items=[showing.shown_item(item, keeping.today) for item in found],
        page=page,
        total_text=showing.pieces_text(page.total),
        is_narrowed=shown != SHOWN[0] or category is not None,
        shown_filters=showing.shown_filters(shown),
        category_filters=showing.category_filters(categories, category) if categories else [],
        downloads={
            kind: url_for(".download", kind=kind, org=keeping.code, show=shown, category=category)
            for kind in SHEETS
        },
    )


@blueprint.get("/list.<any(csv, xlsx):kind>")
@allow("stock.read")
def download(kind: str) -> ResponseReturnValue:
    """The list as narrowed, as a sheet."""
    session, keeping = db.session(), _keeping()
    where, _shown, _category = _asked(keeping)
    rows = [showing.sheet_row(item, keeping.today) for item in queries.items(session, where)]
    return sheet(kind, showing.sheet_header(), rows, f"shelf-{keeping.today}")


@blueprint.route("/add", methods=["GET", "POST"])
@allow("shelf.change")
def add() -> ResponseReturnValue:
    """Put an item on the shelf."""
    keeping = own_keeping(db.session(), current_actor(), request.args.get("org"))
    form = _offered(ItemForm(), keeping)
    if form.validate_on_submit():
        item_id = carried_out(
            form,
            lambda session: operations.add_item(
                session,
                keeping.organisation.id,
                form.kept(None),
                actor=current_actor(),
                now=now(),
                key=form.sent_key,
                picture=form.photo.data,
            ),
            ITEM_FIELDS,
        )
        if item_id is not None:
            flash(_("It stands on the shelf. Now take in how many there are."), "success")
            return redirect(url_for("stock.take_in", item_id=item_id), 303)
    return _form_page("rewards/keeping/add.html", form, keeping)


@blueprint.get("/<int:item_id>")
@allow("stock.read")
def item(item_id: int) -> ResponseReturnValue:
    """One item: what it says, its stock, and who changed what when."""
    session = db.session()
    keeping, found = kept_item(session, current_actor(), item_id)
    tone, state = showing.state_of(found, keeping.today)
    return render_template(
        "rewards/keeping/item.html",
        **frame(keeping, ""),
        item=found,
        shown=showing.shown_item(found, keeping.today),
        state={"tone": tone, "text": state},
        facts=showing.facts_of(found, queries.colour_names(session, item_id)),
        history=history(queries.versions(session, item_id), queries.turns(session, item_id)),
    )


@blueprint.route("/<int:item_id>/change", methods=["GET", "POST"])
@allow("shelf.change")
def change(item_id: int) -> ResponseReturnValue:
    """Let an item say something else from now on."""
    session = db.session()
    keeping, found = own_item(session, current_actor(), item_id)
    before = operations.kept_of(session, session.get_one(ShelfItem, item_id))
    if request.method == "POST":
        form = _offered(ItemForm(), keeping, found)
    else:
        form = _offered(ItemForm(data=form_data(before, found.version)), keeping, found)
    shown_version = form.shown_version
    if form.validate_on_submit():
        version = carried_out(
            form,
            lambda session: operations.change_item(
                session,
                item_id,
                form.kept(before.said.picture_id),
                shown_version=shown_version,
                actor=current_actor(),
                now=now(),
                key=form.sent_key,
                picture=form.photo.data,
            ),
            ITEM_FIELDS,
        )
        if version is not None:
            said = _("Nothing was different.") if version == shown_version else _("Saved.")
            flash(said, "toast")
            return redirect(url_for(".item", item_id=item_id), 303)
    return _form_page(
        "rewards/keeping/change.html",
        form,
        keeping,
        item=found,
        meanwhile=_meanwhile(form, item_id, shown_version),
    )


@blueprint.route("/<int:item_id>/withdraw", methods=["GET", "POST"])
@allow("shelf.change")
def withdraw(item_id: int) -> ResponseReturnValue:
    """Ask, then take an item off the shelf."""
    _kept, found = own_item(db.session(), current_actor(), item_id)
    form = PressForm()
    if form.validate_on_submit() and carried_out(form, _withdrawn(item_id)):
        flash(_("It is off the shelf; its stock and history stay."), "success")
        return redirect(url_for(".item", item_id=item_id), 303)
    page = render_template(
        "rewards/keeping/withdraw.html",
        item=found,
        reserved=showing.counted(found.reserved, found.measure) if found.reserved else "",
    )
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/<int:item_id>/put-back")
@allow("shelf.change")
def put_back(item_id: int) -> ResponseReturnValue:
    """Put a withdrawn item back on the shelf."""
    own_item(db.session(), current_actor(), item_id)
    form = PressForm()
    carried_out(form, _put_back(item_id))
    flash(_("It stands on the shelf again."), "success")
    return redirect(url_for(".item", item_id=item_id), 303)


def frame(keeping: Keeping, current: str) -> dict[str, Any]:
    """Return what stands on top of each of these pages."""
    return {
        "keeping": keeping,
        "may_change": keeping.may_change,
        "ways": showing.ways(keeping, url_for, current),
    }


def sheet(kind: str, header: list[str], rows: list[Any], name: str) -> Response:
    """Return a list as a sheet to be kept."""
    body = write_csv(header, rows) if kind == "csv" else write_xlsx(header, rows)
    answer = Response(body, content_type=SHEETS[kind])
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.{kind}")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _keeping() -> Keeping:
    return keeping_of(db.session(), current_actor(), request.args.get("org"))


def _asked(keeping: Keeping) -> tuple[Any, str, str | None]:
    shown = request.args.get("show") or SHOWN[0]
    category = request.args.get("category") or None
    if shown not in SHOWN:
        not_found()
    where = queries.items_where(keeping.organisation.id, shown=shown, category=category)
    return where, shown, category


def _withdrawn(item_id: int) -> Any:
    return lambda session: (
        operations.withdraw_item(session, item_id, actor=current_actor(), now=now()) or True
    )


def _put_back(item_id: int) -> Any:
    return lambda session: (
        operations.put_back_item(session, item_id, actor=current_actor(), now=now()) or True
    )


def _offered(form: ItemForm, keeping: Keeping, item: ItemRow | None = None) -> ItemForm:
    """Let the partners be chosen that last, and the one that offers it now."""
    listed = queries.partners(db.session(), keeping.organisation.id, above=True)
    own_id = item.partner_id if item else None
    form.offer_partners(
        [(one.id, one.name) for one in listed if one.ended_at is None or one.id == own_id]
    )
    return form


def _meanwhile(form: ItemForm, item_id: int, shown_version: int) -> list[tuple[str, str, str]]:
    """Return what somebody changed since the page was opened; sent again, it is known."""
    versions = queries.versions(db.session(), item_id) if form.is_submitted() else []
    if not versions or shown_version == versions[0].number:
        return []
    form.version.data = str(versions[0].number)
    seen = next((one for one in versions if one.number == shown_version), versions[-1])
    return differences(seen, versions[0])


def _form_page(
    template: str, form: ItemForm, keeping: Keeping, item: ItemRow | None = None, **more: Any
) -> tuple[str, int]:
    session = db.session()
    colours = kept_colours(session, root_id_of(session, keeping.organisation.id))
    chosen = set(form.colours.data or ())
    usual = [_("Grain and oil"), _("Daily use"), _("Study"), _("Services")]
    own = queries.categories(session, keeping.organisation.id)
    page = render_template(
        template,
        **frame(keeping, ""),
        form=form,
        item=item,
        accept=ACCEPT,
        colours=[
            {"colour": one.colour, "is_chosen": one.colour.id in chosen}
            for one in colours
            if one.retired_on is None or one.colour.id in chosen
        ],
        categories=list(dict.fromkeys([*own, *usual])),
        drawing=drawing_of(item.name, item.category, item.kind) if item else "",
        **more,
    )
    return page, 422 if form.is_submitted() else 200
