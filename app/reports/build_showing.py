"""A report in words: its lines as a table and as a sheet, its question as choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from babel.dates import get_day_names
from flask import url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.reports.asking import Ground, is_within, url_of
from app.reports.figure_queries import NO_ACTIVITY, Line, Scope
from app.reports.label_queries import Named
from app.reports.questions import (
    EVIDENCE,
    MEASURES,
    ROWS,
    SPANS,
    Measure,
    Question,
)
from app.service.showing import Chip
from app.sheets.cells import Cell
from app.teams.forms import KINDS as KIND_WORDS
from app.teams.rules import Actor
from app.web.filters import NOTHING, day, hours, month_year, number, points

# More to choose from than this is typed instead of looked for in a list.
MOST_CHOICES = 300
EVIDENCE_WORDS: Mapping[str, Any] = {
    "signed_in": _l("Signed in"),
    "entered": _l("Entered"),
    "imported": _l("Imported"),
    "claimed": _l("Claimed"),
}
# How a figure of each unit is read.
FORMS: Mapping[str, Callable[[int], str]] = {
    "minutes": hours,
    "count": number,
    "hundredths": points,
}


class ShownLine(NamedTuple):
    """One line as the table shows it."""

    name: str
    about: str
    colour: Chip | None
    url: str | None
    figures: list[tuple[str, str, str | None]]


class Words(NamedTuple):
    """What is needed to say a report: its question, where, and what its lines are called."""

    question: Question
    ground: Ground
    names: Mapping[int, Named]
    actor: Actor


# ── the table ─────────────────────────────────────────────────────────────────────────────


def heads(question: Question) -> list[tuple[str, str]]:
    """Return the columns: (key, title)."""
    return [(measure.key, _(measure.title)) for measure in question.answered]


def shown_lines(lines: Iterable[Line], words: Words) -> list[ShownLine]:
    """Return the lines as they are read; hours lead to the records behind them."""
    return [_shown(line, words) for line in in_order(lines, words)]


def shown_total(total: Mapping[str, int], words: Words) -> list[tuple[str, str, str | None]]:
    """Return the last line's figures."""
    return _figures(total, words, None, is_line=False)


def in_order(lines: Iterable[Line], words: Words) -> list[Line]:
    """Return few lines as people look for them; many stay as they came, the most first."""
    rows = words.question.rows
    if rows == "month":
        return sorted(lines, key=lambda line: line.key or 0)
    if rows == "weekday":
        # Monday first.
        return sorted(lines, key=lambda line: ((line.key or 0) - 1) % 7)
    if rows in ("organisation", "branch", "colour"):
        listed: Sequence[Any] = (
            words.ground.colours if rows == "colour" else words.ground.keeping.organisations
        )
        places = {one.id: place for place, one in enumerate(listed)}
        return sorted(lines, key=lambda line: places.get(line.key, len(places)))
    return list(lines)


def _shown(line: Line, words: Words) -> ShownLine:
    name, about, colour = _name(line.key, words)
    return ShownLine(
        name, about, colour, _way(line.key, words), _figures(line.figures, words, line.key)
    )


def _figures(
    figures: Mapping[str, int], words: Words, key: int | None, *, is_line: bool = True
) -> list[tuple[str, str, str | None]]:
    return [
        (
            _(measure.title),
            _figure(figures, measure),
            _behind(measure, figures, words, key, is_line),
        )
        for measure in words.question.answered
    ]


def _figure(figures: Mapping[str, int], measure: Measure) -> str:
    value = figures.get(measure.key)
    return NOTHING if value is None else str(FORMS[measure.unit](value))


def _behind(
    measure: Measure, figures: Mapping[str, int], words: Words, key: int | None, is_line: bool
) -> str | None:
    """Return where the records behind a figure are listed."""
    if measure.key not in ("minutes", "records") or not figures.get(measure.key):
        return None
    line = {"line": NO_ACTIVITY if key is None else key} if is_line else {}
    return url_of("reports_built.records", words.question, words.ground, **line)


def _name(key: int | None, words: Words) -> tuple[str, str, Chip | None]:
    rows, ground = words.question.rows, words.ground
    if rows == "month" and key is not None:
        return month_year(date(key // 100, key % 100, 1)), "", None
    if rows == "weekday" and key is not None:
        return str(get_day_names("wide", locale=get_locale())[(key - 1) % 7]), "", None
    if rows in ("organisation", "branch"):
        node = next((one for one in ground.keeping.organisations if one.id == key), None)
        is_own = rows == "branch" and key == ground.keeping.organisation.id
        return node.name if node else "", _("by itself") if is_own else "", None
    known = words.names if rows != "colour" else {one.id: one for one in ground.colours}
    found = known.get(key) if key is not None else None
    if found is None:
        return _("Without an activity"), "", None
    about = " · ".join(
        filter(None, (day(found.on, with_year=True) if found.on else "", found.about))
    )
    return found.name, about, Chip(found.colour_key, found.glyph) if found.glyph else None


def _way(key: int | None, words: Words) -> str | None:
    """Return where a line leads: a person to the passbook, a team or organisation deeper."""
    rows, ground, question = words.question.rows, words.ground, words.question
    found = words.names.get(key) if key is not None else None
    if rows in ("person", "team") and found is not None:
        # A guest's own organisation, or where a team went, may lie outside the reach.
        if not found.about or not is_within(words.actor, found.organisation_id):
            return None
        if rows == "team":
            return url_for("teams_desk.team", code=found.about)
        return url_for("passbook.passbook", number=found.about)
    if rows == "branch" and key != ground.keeping.organisation.id:
        node = next((one for one in ground.keeping.organisations if one.id == key), None)
        return url_of("reports_built.report", question, ground, org=node.code) if node else None
    return None


# ── the choices ───────────────────────────────────────────────────────────────────────────


def choices(question: Question, ground: Ground) -> dict[str, Any]:
    """Return what the form offers."""
    nodes = ground.keeping.organisations
    return {
        "rows": [(key, _(title)) for key, title in ROWS.items()],
        "spans": [(key, _(title)) for key, title in SPANS.items()],
        "measures": [
            (measure.key, _(measure.title), measure.key in question.measures)
            for measure in MEASURES
        ],
        "organisations": _few([(node.code, "　" * node.depth + node.name) for node in nodes]),
        "teams": _few([("", _("All teams")), *((team.about, team.name) for team in ground.teams)]),
        "team": next((t.about for t in ground.teams if t.id == question.team_id), ""),
        "colours": [("", _("All colours")), *((str(c.id), c.name) for c in ground.colours)],
        "kinds": [("", _("Everybody")), *((key, _(word)) for key, word in KIND_WORDS)],
        "evidence": [("", _("Any")), *((key, str(EVIDENCE_WORDS[key])) for key in EVIDENCE)],
    }


def _few(listed: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return listed if len(listed) <= MOST_CHOICES else []


def narrowed_words(question: Question, ground: Ground) -> list[tuple[str, str]]:
    """Return the filters that hold, in words."""
    teams = {team.id: team.name for team in ground.teams}
    colours = {colour.id: colour.name for colour in ground.colours}
    kinds = {key: _(word) for key, word in KIND_WORDS}
    told = (
        (_("Team"), teams.get(question.team_id or 0)),
        (_("Colour"), colours.get(question.colour_id or 0)),
        (_("Kind"), kinds.get(question.kind or "")),
        (_("Known by"), question.evidence and str(EVIDENCE_WORDS[question.evidence])),
    )
    return [(label, value) for label, value in told if value]


def meanings(question: Question) -> list[tuple[str, str]]:
    """Return what each column means, in a sentence."""
    return [(_(measure.title), _(measure.meaning)) for measure in question.answered]


def unanswered(question: Question) -> list[str]:
    """Return the columns that say nothing under these rows and filters."""
    answered = question.answered
    return [_(measure.title) for measure in question.asked if measure not in answered]


def span_text(scope: Scope) -> str:
    """Return the dates of a report in words."""
    first, last = (day(on, with_year=True) for on in (scope.from_on, scope.until_on))
    return first if first == last else str(_("%(first)s to %(last)s", first=first, last=last))


# ── the sheet ─────────────────────────────────────────────────────────────────────────────


def sheet_header(question: Question) -> list[str]:
    """Return the columns of a sheet: first what a line is, then its figures."""
    named = {
        "team": [_("Team"), _("Code")],
        "person": [_("Name"), _("Number")],
        "activity": [_("Activity"), _("Date"), _("Team")],
        "colour": [_("Colour")],
        "month": [_("Month")],
        "weekday": [_("Day of the week")],
    }.get(question.rows, [_("Organisation"), _("Code")])
    columns: list[str] = []
    for measure in question.answered:
        columns += [_(measure.title)] + [_("Minutes")] * (measure.unit == "minutes")
    return [*named, *columns]


def sheet_row(line: Line, words: Words) -> list[Cell | None]:
    """Return a line as cells: numbers as numbers, dates as dates, minutes exact."""
    return [*_cells_of_name(line.key, words), *_cells(line.figures, words.question)]


def sheet_total(total: Mapping[str, int], words: Words) -> list[Cell | None]:
    """Return the last line as cells."""
    width = len(sheet_header(words.question)) - len(_cells(total, words.question))
    blank: list[Cell | None] = [None] * (width - 1)
    return [_("Together"), *blank, *_cells(total, words.question)]


def about_rows(words: Words, scope: Scope, made: str) -> list[list[Cell | None]]:
    """Return the second sheet: whose figures, of when, and what each means."""
    rows: list[list[Cell | None]] = [
        [_("Organisation"), words.ground.keeping.organisation.name],
        [_("From"), scope.from_on],
        [_("Until"), scope.until_on],
    ]
    rows += [[label, value] for label, value in narrowed_words(words.question, words.ground)]
    rows += [[title, meaning] for title, meaning in meanings(words.question)]
    return [*rows, [_("Made"), made]]


def _cells_of_name(key: int | None, words: Words) -> list[Cell | None]:
    rows = words.question.rows
    name, _about, _colour = _name(key, words)
    if rows == "month" and key is not None:
        return [f"{key // 100:04}-{key % 100:02}"]
    if rows in ("weekday", "colour"):
        return [name]
    if rows in ("organisation", "branch"):
        nodes = words.ground.keeping.organisations
        return [name, next((node.code for node in nodes if node.id == key), None)]
    found = words.names.get(key) if key is not None else None
    if rows == "activity":
        return [name, found.on if found else None, found.about if found else None]
    return [name, found.about if found else None]


def _cells(figures: Mapping[str, int], question: Question) -> list[Cell | None]:
    cells: list[Cell | None] = []
    for measure in question.answered:
        value = figures.get(measure.key)
        if measure.unit == "minutes":
            cells += [None if value is None else _hours(value), value]
        elif measure.unit == "hundredths":
            cells.append(None if value is None else Decimal(value).scaleb(-2))
        else:
            cells.append(value)
    return cells


def _hours(minutes: int) -> Decimal:
    """Return hours with two decimals, rounded half up; the minutes beside them are exact."""
    return Decimal((minutes * 200 + 60) // 120).scaleb(-2)
