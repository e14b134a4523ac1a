"""Stock moves in words, and the sums that make up what there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.errors import N_
from app.rewards.keeping_showing import counted
from app.rewards.queries.stock import Gift, KindSum, MoveRow
from app.rewards.rules.stock import MOVE_KINDS
from app.sheets.cells import Cell
from app.web.filters import MINUS, number
from app.web.pagination import url_with

MOVES: Mapping[str, str] = {
    "in": N_("Taken in"),
    "reserved": N_("Set aside"),
    "handed_over": N_("Handed over"),
    "returned": N_("Came back"),
    "damaged": N_("Written off"),
    "counted": N_("Counted"),
}


class ShownMove(NamedTuple):
    """One move as a line."""

    id: int
    item_id: int
    item_name: str
    at: datetime
    what: str
    here: str
    aside: str
    by: str
    why: str


class DonorSum(NamedTuple):
    """What one donor gave of one item within the time asked for."""

    donor: str
    item_id: int
    item_name: str
    times: int
    quantity: int
    text: str


def shown_moves(moves: Sequence[MoveRow]) -> list[ShownMove]:
    """Return moves as lines of a table."""
    return [
        ShownMove(
            move.id,
            move.item_id,
            move.item_name,
            move.at,
            _(MOVES[move.kind]),
            signed(move.available_change),
            signed(move.reserved_change),
            move.by or _("by itself"),
            why_text(move),
        )
        for move in moves
    ]


def why_text(move: MoveRow) -> str:
    """Say whence, by which paper and why, as far as it is known."""
    source = move.partner_name or move.donor
    said = [
        _("From %(donor)s", donor=source) if source else "",
        _("Document: %(document)s", document=move.document) if move.document else "",
        _("Redemption %(number)s", number=move.redemption_id) if move.redemption_id else "",
        _("Found: %(counted)s", counted=number(move.counted)) if move.counted is not None else "",
        move.reason or "",
    ]
    return " · ".join(str(each) for each in said if each) or "—"


def signed(change: int) -> str:
    """Return a change with its sign; none is a nought."""
    if change == 0:
        return "0"
    return f"+{change:,}" if change > 0 else f"{MINUS}{-change:,}"


def shown_sums(sums: Sequence[KindSum]) -> list[dict[str, str]]:
    """Return what the kinds of moves add up to."""
    order = {kind: place for place, kind in enumerate(MOVE_KINDS)}
    return [
        {
            "what": _(MOVES[each.kind]),
            "moves": number(each.moves),
            "here": signed(each.available),
            "aside": signed(each.reserved),
        }
        for each in sorted(sums, key=lambda each: order[each.kind])
    ]


def kind_filters(chosen: str | None) -> list[dict[str, Any]]:
    """Return the ways to narrow moves by kind."""
    everything = {
        "url": url_with({"kind": None, "page": None}),
        "label": _("All"),
        "current": chosen is None,
    }
    return [everything] + [
        {
            "url": url_with({"kind": kind, "page": None}),
            "label": _(label),
            "current": kind == chosen,
        }
        for kind, label in MOVES.items()
    ]


def donor_sums(gifts: Sequence[Gift]) -> list[DonorSum]:
    """Return by donor and item how much came in, the donors by name; what nobody gave is last."""
    found: dict[tuple[str, int], list[Gift]] = {}
    for gift in gifts:
        found.setdefault((gift.donor, gift.item_id), []).append(gift)
    sums = [
        DonorSum(
            donor_text(donor),
            item_id,
            own[0].item_name,
            len(own),
            sum(gift.quantity for gift in own),
            counted(sum(gift.quantity for gift in own), own[0].measure),
        )
        for (donor, item_id), own in found.items()
    ]
    return sorted(sums, key=lambda each: (each.donor == donor_text(""), each.donor, each.item_name))


def donor_text(donor: str) -> str:
    """Return who gave something, or that nobody is named."""
    return donor or str(_("No donor named"))


def move_header() -> list[str]:
    """Return the titles of the moves as a sheet."""
    titles = (
        _("Move number"), _("Date and time"), _("Item"), _("Counted in"), _("What"),
        _("Lying here"), _("Set aside"), _("Redemption"), _("Donor"), _("Document"),
        _("Counted pieces"), _("Who"), _("Reason"),
    )  # fmt: skip
    return [str(title) for title in titles]


def move_row(move: MoveRow, zone: tzinfo) -> list[Cell | None]:
    """Return one move as a row of the sheet, its changes as numbers that can be added up."""
    return [
        move.id,
        move.at.astimezone(zone).replace(tzinfo=None),
        move.item_name,
        move.measure,
        str(_(MOVES[move.kind])),
        move.available_change,
        move.reserved_change,
        move.redemption_id,
        move.partner_name or move.donor,
        move.document,
        move.counted,
        move.by or str(_("by itself")),
        move.reason,
    ]


def gift_header() -> list[str]:
    """Return the titles of the donors' report as a sheet."""
    titles = (
        _("Donor"), _("Date"), _("Item"), _("How many"), _("Counted in"), _("Document"),
        _("Taken in by"),
    )  # fmt: skip
    return [str(title) for title in titles]


def gift_row(gift: Gift, zone: tzinfo) -> list[Cell | None]:
    """Return one gift as a row of the sheet."""
    return [
        donor_text(gift.donor),
        gift.at.astimezone(zone).date(),
        gift.item_name,
        gift.quantity,
        gift.measure,
        gift.document or None,
        gift.by or None,
    ]
