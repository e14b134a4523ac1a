"""The six groups as tables: the same columns for a sheet, a printed archive and the export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import time
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.archive.queries import groups
from app.archive.queries.groups import (
    CommendationLine,
    ComplaintLine,
    EvaluationLine,
    PersonLine,
    ServiceLine,
    Span,
    TrainingLine,
)
from app.archive.rules.documents import KINDS as DOCUMENTS
from app.archive.rules.documents import masked_number
from app.archive.rules.sealing import SealKey, opened
from app.errors import N_
from app.passbook.wording import EVIDENCE
from app.sheets.cells import Cell
from app.sheets.writing import Sheet
from app.teams.forms import KINDS, SEXES, said
from app.trail.rules import mask_phone

Cells = list[Cell | None]
RATERS: Mapping[str, str] = {"served": N_("by somebody served"), "leader": N_("the leader's word")}
_MINUTES_AN_HOUR = 60
_CENT = Decimal("0.01")


class Table(NamedTuple):
    """One group: its name, its columns, its rows; the first two columns say whose each is."""

    group: str
    name: str
    header: Sequence[str]
    rows: Iterable[Cells]


class Asked(NamedTuple):
    """Whose archives, of which dates, and whether ID numbers and phones stand there in full."""

    people: Sequence[int]
    span: Span
    is_full: bool
    key: SealKey


def tables_of(session: Session, asked: Asked) -> list[Table]:
    """Return the six groups; their rows are read when they are asked for."""
    people, span = asked.people, asked.span
    return [
        person_table(groups.person_lines(session, people), asked.is_full, asked.key),
        service_table(groups.service_lines(session, people, span)),
        training_table(groups.training_lines(session, people)),
        commendation_table(groups.commendation_lines(session, people)),
        evaluation_table(groups.evaluation_lines(session, people, span)),
        complaint_table(groups.complaint_lines(session, people)),
    ]


def sheets_of(tables: Iterable[Table]) -> list[Sheet]:
    """Return the groups as sheets of a workbook."""
    return [Sheet(table.name, table.header, table.rows) for table in tables]


# ── the groups ────────────────────────────────────────────────────────────────────────────


def person_table(lines: Iterable[PersonLine], is_full: bool, key: SealKey) -> Table:
    """Return who people are; ID number and phone masked unless they are asked for in full."""
    kinds, sexes = said(KINDS), said(SEXES)
    documents = {kind: _(name) for kind, name in DOCUMENTS.items()}
    header = [
        *_who(), _("Sex"), _("Date of birth"), _("ID document"), _("ID number"),
        _("Residence area"), _("Phone"), _("Skills"), _("Service category"), _("Kind"),
        _("Organisation"),
    ]  # fmt: skip
    rows: Iterator[Cells] = (
        [
            one.number, one.name, sexes[one.sex or ""] if one.sex else None, one.born_on,
            documents.get(one.document_kind or ""), _number(one, is_full, key),
            one.residence_area, one.phone if is_full else mask_phone(one.phone), one.skills,
            one.service_category, kinds[one.kind], one.organisation,
        ]
        for one in lines
    )  # fmt: skip
    return Table("person", _("Person"), header, rows)


def service_table(lines: Iterable[ServiceLine]) -> Table:
    """Return what people served, record by record."""
    evidence = {name: _(text) for name, text in EVIDENCE.items()}
    header = [
        *_who(), _("Date"), _("Began at"), _("Hours"), _("Minutes"), _("Activity"), _("Content"),
        _("Place"), _("Team"), _("Theme"), _("Organisation"), _("Evidence"), _("Recorded by"),
        _("Approved by"),
    ]  # fmt: skip
    rows: Iterator[Cells] = (
        [
            one.number, one.name, one.service_on, _clock(one.starts_minute),
            hours_cell(one.minutes), one.minutes, one.activity, one.content, one.place, one.team,
            one.colour, one.organisation, evidence[one.evidence], one.recorder, one.approver,
        ]
        for one in lines
    )  # fmt: skip
    return Table("service", _("Service"), header, rows)


def training_table(lines: Iterable[TrainingLine]) -> Table:
    """Return the courses people took."""
    header = [*_who(), _("Course"), _("Hours"), _("Date"), _("Held by")]
    rows: Iterator[Cells] = (
        [one.number, one.name, one.course, hours_cell(one.minutes), one.held_on, one.organiser]
        for one in lines
    )
    return Table("training", _("Training"), header, rows)


def commendation_table(lines: Iterable[CommendationLine]) -> Table:
    """Return the honours people were given."""
    header = [
        *_who(),
        _("Name of the honour"),
        _("Given by"),
        _("Date"),
        _("Own or elsewhere"),
        _("Note"),
    ]
    elsewhere, here = _("elsewhere"), _("by this organisation")
    rows: Iterator[Cells] = (
        [
            one.number, one.name, one.title, one.given_by, one.given_on,
            elsewhere if one.is_elsewhere else here, one.note,
        ]
        for one in lines
    )  # fmt: skip
    return Table("commendations", _("Commendations"), header, rows)


def evaluation_table(lines: Iterable[EvaluationLine]) -> Table:
    """Return what was said of the activities at which people served."""
    raters = {name: _(text) for name, text in RATERS.items()}
    header = [*_who(), _("Date"), _("Activity"), _("Team"), _("Stars"), _("Word"), _("Whose word")]
    rows: Iterator[Cells] = (
        [
            one.number, one.name, one.service_on, one.activity, one.team, one.stars, one.word,
            raters[one.rater],
        ]
        for one in lines
    )  # fmt: skip
    return Table("evaluations", _("Evaluations"), header, rows)


def complaint_table(lines: Iterable[ComplaintLine]) -> Table:
    """Return the complaints about people."""
    header = [*_who(), _("Received on"), _("What was said"), _("Outcome"), _("Answered on")]
    rows: Iterator[Cells] = (
        [one.number, one.name, one.received_on, one.content, one.outcome, one.answered_on]
        for one in lines
    )
    return Table("complaints", _("Complaints"), header, rows)


def hours_cell(minutes: int) -> Decimal:
    """Return minutes as hours with two decimals, half up: what a sheet adds up by itself."""
    return (Decimal(minutes) / _MINUTES_AN_HOUR).quantize(_CENT, ROUND_HALF_UP)


def _who() -> list[str]:
    return [_("Volunteer number"), _("Name")]


def _number(one: PersonLine, is_full: bool, key: SealKey) -> str | None:
    if one.document_sealed is None:
        return None
    number = opened(one.document_sealed, volunteer_id=one.volunteer_id, key=key)
    if number is None:
        return str(_("cannot be read"))
    return number if is_full else masked_number(number)


def _clock(minute: int | None) -> time | None:
    """Return the minute of a day as a sheet keeps times."""
    return None if minute is None else time(*divmod(minute % 1440, 60))
