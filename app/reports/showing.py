"""The report in words: figures, charts, tables, and the same as sheets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _

from app.errors import N_
from app.reports.charts import NARROW, WIDE, Columns, columns
from app.reports.queries import Given, PartnerPieces, Pieces, Report, by_partner
from app.reports.rules import Flow, total_of
from app.rewards.keeping_showing import counted
from app.rewards.stock_showing import donor_text
from app.sheets.cells import Cell
from app.web.filters import month, month_year, number, points

# A page shows so many lines of a list; its sheet has them all.
MOST_SHOWN = 50
MOST_BARS = 8
# What a month's row says, and how a column is headed.
_COLUMNS: Mapping[str, str] = {
    "issued": N_("Issued"),
    "reversed": N_("Reversed"),
    "redeemed": N_("Redeemed"),
    "refunded": N_("Given back"),
    "expired": N_("Expired"),
    "lowered": N_("Adjusted down"),
    "other": N_("Other"),
    "outstanding": N_("Outstanding"),
}
# A sheet parts what was issued, and what else there was.
_SHEET_COLUMNS: Mapping[str, str] = {
    "issued": N_("Issued"),
    "served": N_("Of it for service"),
    "opening": N_("Of it from paper books"),
    "raised": N_("Of it by adjustment"),
    "reversed": N_("Reversed"),
    "redeemed": N_("Redeemed"),
    "refunded": N_("Given back"),
    "expired": N_("Expired"),
    "lowered": N_("Adjusted down"),
    "covered": N_("Shortfalls covered"),
    "transferred": N_("Transferred"),
    "outstanding": N_("Outstanding at the month's end"),
}
_SIGNED = frozenset(_COLUMNS) - {"issued", "outstanding"}


class Row(NamedTuple):
    """One month as a line: its name and its figures as they are read."""

    month: str
    figures: list[str]


class Chart(NamedTuple):
    """A drawing for a desk and one for a phone, what it says in a sentence, and its series."""

    wide: Columns
    narrow: Columns
    label: str
    legend: list[str]


class PiecesRow(NamedTuple):
    """One item or partner as a line."""

    name: str
    about: str
    item_id: int | None
    redeemed: str
    collected: str
    cancelled: str
    expired: str
    points: str


def tiles(report: Report) -> list[dict[str, str]]:
    """Return the four figures on top."""
    total = total_of(report.months)
    return [
        {
            "label": _("Issued"),
            "value": points(total.issued),
            "note": _("reversed: %(points)s", points=points(-total.reversed)),
        },
        {
            "label": _("Redeemed"),
            "value": points(-total.redeemed),
            "note": _("given back: %(points)s", points=points(total.refunded)),
        },
        {
            "label": _("Expired"),
            "value": points(-total.expired),
            "note": _("adjusted down: %(points)s", points=points(-total.lowered)),
        },
        {
            "label": _("Outstanding at the end"),
            "value": points(total.outstanding),
            "note": _("by all accounts now: %(points)s", points=points(report.held_now)),
        },
    ]


def heads(flows: Sequence[Flow]) -> list[tuple[str, str]]:
    """Return the columns of the months' table: (name, title)."""
    return [(name, _(title)) for name, title in _COLUMNS.items() if _is_shown(name, flows)]


def month_rows(flows: Sequence[Flow]) -> list[Row]:
    """Return the months as lines of a table."""
    names = [name for name, _title in heads(flows)]
    return [Row(month_year(flow.month), [_figure(flow, name) for name in names]) for flow in flows]


def total_row(flows: Sequence[Flow]) -> Row:
    """Return the last line: all months together."""
    total, names = total_of(flows), [name for name, _title in heads(flows)]
    return Row(_("Together"), [_figure(total, name) for name in names])


def flow_chart(flows: Sequence[Flow]) -> Chart:
    """Return what was issued, redeemed and expired, side by side."""
    series = (
        [flow.issued for flow in flows],
        [-flow.redeemed for flow in flows],
        [-flow.expired for flow in flows],
    )
    most = max(flows, key=lambda flow: flow.issued)
    label = _(
        "Points issued, redeemed and expired from %(first)s to %(last)s. Most were issued in "
        "%(month)s: %(points)s. The figures stand in the table below.",
        **_span(flows),
        month=month_year(most.month),
        points=points(most.issued),
    )
    return _chart(flows, series, label, [_("Issued"), _("Redeemed"), _("Expired")])


def outstanding_chart(flows: Sequence[Flow]) -> Chart:
    """Return what people held at each month's end."""
    label = _(
        "Points outstanding at each month's end from %(first)s to %(last)s, at last %(points)s. "
        "The figures stand in the table below.",
        **_span(flows),
        points=points(flows[-1].outstanding),
    )
    return _chart(flows, ([flow.outstanding for flow in flows],), label, [_("Outstanding")])


def pieces_rows(pieces: Sequence[Pieces], *, name_organisation: bool) -> list[PiecesRow]:
    """Return the items as lines; where several shelves are counted, with whose each is."""
    return [
        PiecesRow(
            each.name,
            " · ".join(filter(None, (each.organisation * name_organisation, each.partner))),
            each.item_id,
            counted(each.redeemed, each.measure),
            number(each.collected),
            number(each.cancelled),
            number(each.expired),
            points(each.kept_hundredths),
        )
        for each in pieces[:MOST_SHOWN]
    ]


def partner_rows(pieces: Sequence[Pieces]) -> list[PiecesRow]:
    """Return the partners as lines."""
    return [
        PiecesRow(
            partner_text(each.partner),
            "",
            None,
            number(each.redeemed),
            number(each.collected),
            number(each.cancelled),
            number(each.expired),
            points(each.kept_hundredths),
        )
        for each in by_partner(pieces)[:MOST_SHOWN]
    ]


def bars(pieces: Sequence[Pieces]) -> dict[str, Any]:
    """Return the items for which most points were paid, as bars."""
    shown = [each for each in pieces if each.paid_hundredths > 0][:MOST_BARS]
    return {
        "most": max((each.paid_hundredths for each in shown), default=0),
        "rows": [
            {
                "colour": None,
                "name": each.name,
                "value": each.paid_hundredths,
                "text": points(each.paid_hundredths),
            }
            for each in shown
        ],
    }


def partner_text(partner: str) -> str:
    """Return who offers something, or that nobody is named."""
    return partner or str(_("No partner named"))


# ── sheets ────────────────────────────────────────────────────────────────────────────────


def sheet_of(part: str, report: Report) -> tuple[list[str], list[list[Cell | None]]]:
    """Return a part of the report as a sheet: its header and all its rows."""
    if part == "months":
        return _months_sheet(report.months)
    if part == "items":
        return _items_header(), [_item_cells(each) for each in report.pieces]
    if part == "partners":
        return _partners_header(), [_partner_cells(each) for each in by_partner(report.pieces)]
    return _donors_header(), [_given_cells(each) for each in report.given]


def _months_sheet(flows: Sequence[Flow]) -> tuple[list[str], list[list[Cell | None]]]:
    header = [_("Month"), *(_(title) for title in _SHEET_COLUMNS.values())]
    rows: list[list[Cell | None]] = [
        [f"{flow.month:%Y-%m}", *(_amount(getattr(flow, name)) for name in _SHEET_COLUMNS)]
        for flow in flows
    ]
    return header, rows


def _items_header() -> list[str]:
    return [
        _("Organisation"), _("Item"), _("Counted in"), _("Partner"), *_pieces_header(),
    ]  # fmt: skip


def _partners_header() -> list[str]:
    return [_("Partner"), _("Items"), *_pieces_header()]


def _pieces_header() -> list[str]:
    return [
        _("Redeemed"), _("Collected"), _("Cancelled"), _("Expired"),
        _("Points paid"), _("Points given back"), _("Points kept"),
    ]  # fmt: skip


def _donors_header() -> list[str]:
    return [
        _("Donor"), _("Organisation"), _("Item"), _("Counted in"), _("How often"), _("How many"),
    ]  # fmt: skip


def _item_cells(each: Pieces) -> list[Cell | None]:
    named: list[Cell | None] = [each.organisation, each.name, each.measure, each.partner or None]
    return named + _pieces_cells(each)


def _partner_cells(each: PartnerPieces) -> list[Cell | None]:
    named: list[Cell | None] = [partner_text(each.partner), each.items]
    return named + _pieces_cells(each)


def _pieces_cells(each: Pieces | PartnerPieces) -> list[Cell | None]:
    amounts = (each.paid_hundredths, each.returned_hundredths, each.kept_hundredths)
    return [
        each.redeemed, each.collected, each.cancelled, each.expired, *map(_amount, amounts),
    ]  # fmt: skip


def _given_cells(each: Given) -> list[Cell | None]:
    return [
        donor_text(each.donor), each.organisation, each.name, each.measure, each.times,
        each.quantity,
    ]  # fmt: skip


def _amount(hundredths: int) -> Decimal:
    return Decimal(hundredths).scaleb(-2)


# ── parts ─────────────────────────────────────────────────────────────────────────────────


def _is_shown(name: str, flows: Sequence[Flow]) -> bool:
    """Leave out what there was nothing of, where that is rare anyway."""
    return name != "other" or any(flow.covered or flow.transferred for flow in flows)


def _figure(flow: Flow, name: str) -> str:
    return points(getattr(flow, name), signed=name in _SIGNED)


def _span(flows: Sequence[Flow]) -> dict[str, str]:
    return {"first": month_year(flows[0].month), "last": month_year(flows[-1].month)}


def _chart(
    flows: Sequence[Flow], series: Sequence[list[int]], label: str, legend: list[str]
) -> Chart:
    is_of_one_year = flows[0].month.year == flows[-1].month.year
    names = [_short(flow.month, is_of_one_year) for flow in flows]
    wide, narrow = (columns(names, series, frame) for frame in (WIDE, NARROW))
    return Chart(wide, narrow, label, legend)


def _short(on: date, is_of_one_year: bool) -> str:
    """Return a month's name; over several years January is called by its year."""
    return month(on) if is_of_one_year or on.month > 1 else str(on.year)
