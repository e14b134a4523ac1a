"""What a report is asked: rows, dates, filters, measures; kept as ids and keys, no database."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Literal, NamedTuple

from app.errors import N_, RuleBroken
from app.reports.rules import EARLIEST, month_of, months_on

Source = Literal["records", "firsts", "no_shows", "redemptions"]
Unit = Literal["minutes", "count", "hundredths"]

ROWS: Mapping[str, str] = {
    "team": N_("Team"),
    "colour": N_("Colour"),
    "person": N_("Person"),
    "activity": N_("Activity"),
    "organisation": N_("Organisation, each by itself"),
    "branch": N_("Organisation, with all below it"),
    "month": N_("Month"),
    "weekday": N_("Day of the week"),
}
# As many lines as there are people: shown page by page.
LONG_ROWS = frozenset({"team", "person", "activity"})
SPANS: Mapping[str, str] = {
    "this_month": N_("This month"),
    "last_month": N_("Last month"),
    "quarter": N_("This quarter"),
    "last_quarter": N_("Last quarter"),
    "year": N_("This year"),
    "last_year": N_("Last year"),
    "service_month": N_("Last service month"),
    "own": N_("Own dates"),
}
LONGEST_NAME = 60
MOST_DAYS = 366 * 20


class Measure(NamedTuple):
    """One column: where it is read from, its unit, and what it means."""

    key: str
    source: Source
    unit: Unit
    title: str
    meaning: str


MEASURES: tuple[Measure, ...] = (
    Measure(
        "minutes", "records", "minutes", N_("Served hours"),
        N_("Approved and not reversed, by the date of the service, with the team and colour of"
           " that date."),
    ),
    Measure(
        "records", "records", "count", N_("Records"),
        N_("Service records that count; one across midnight is two."),
    ),
    Measure(
        "people", "records", "count", N_("Number of people"),
        N_("People who served, each once a line. The total counts everybody once, so it may be"
           " less than the lines together."),
    ),
    Measure(
        "dates", "records", "count", N_("Dates"),
        N_("Different dates with service; the total counts each date once."),
    ),
    Measure(
        "firsts", "firsts", "count", N_("For the first time"),
        N_("People whose very first service, anywhere, is among what is counted here; nobody with"
           " hours from a paper book."),
    ),
    Measure(
        "no_shows", "no_shows", "count", N_("No-shows"),
        N_("Places at closed activities whose holder stayed away without being excused, by the"
           " date of the activity."),
    ),
    Measure(
        "credited", "records", "hundredths", N_("Points credited"),
        N_("Points of the service counted here, bonuses included, by the date of the service."),
    ),
    Measure(
        "redemptions", "redemptions", "count", N_("Redemptions"),
        N_("At the shelves of these organisations, by the date of redeeming; what was given back"
           " does not count."),
    ),
    Measure(
        "redeemed", "redemptions", "hundredths", N_("Points redeemed"),
        N_("What was paid for these redemptions."),
    ),
)  # fmt: skip
MEASURE_OF: Mapping[str, Measure] = {measure.key: measure for measure in MEASURES}
USUAL = ("minutes", "people", "firsts", "no_shows", "credited")
KINDS = ("party", "social", "resident")
EVIDENCE = ("signed_in", "entered", "imported", "claimed")
# A redemption belongs to a shelf and a person, not to a team.
_ROWS_OF_REDEMPTIONS = frozenset({"person", "organisation", "branch", "month", "weekday"})


class Question(NamedTuple):
    """One report as it is asked; `from_on` and `until_on` only where the dates are one's own."""

    rows: str = "team"
    span: str = "last_month"
    from_on: date | None = None
    until_on: date | None = None
    team_id: int | None = None
    colour_id: int | None = None
    kind: str | None = None
    evidence: str | None = None
    measures: tuple[str, ...] = USUAL

    @property
    def asked(self) -> list[Measure]:
        """Return the columns in their order."""
        return [measure for measure in MEASURES if measure.key in self.measures]

    @property
    def answered(self) -> list[Measure]:
        """Return the columns that these rows and filters have an answer to."""
        return [measure for measure in self.asked if self.can_answer(measure.source)]

    def can_answer(self, source: Source) -> bool:
        """Tell whether rows and filters mean anything for what is read from there."""
        if source == "no_shows":
            return self.evidence is None
        if source == "redemptions":
            is_narrowed = self.team_id or self.colour_id or self.evidence
            return self.rows in _ROWS_OF_REDEMPTIONS and not is_narrowed
        return True


class BadQuestion(RuleBroken):
    """What is asked for makes no report."""

    code = "bad_question"
    message = N_("A report cannot be asked for like that.")


class SpanReversed(BadQuestion):
    """The dates end before they begin."""

    code = "span_reversed"
    message = N_("The last date lies before the first one.")


class SpanMissing(BadQuestion):
    """Own dates were asked for, but not given."""

    code = "span_missing"
    message = N_("Give the first and the last date.")


class NothingMeasured(BadQuestion):
    """No column was chosen."""

    code = "nothing_measured"
    message = N_("Choose at least one figure.")


def checked(question: Question) -> Question:
    """Return a question that can be answered, or refuse."""
    known = question.rows in ROWS and question.span in SPANS
    known &= question.kind in {None, *KINDS} and question.evidence in {None, *EVIDENCE}
    if not known or not set(question.measures) <= set(MEASURE_OF):
        raise BadQuestion
    if not question.measures:
        raise NothingMeasured
    if question.span != "own":
        return question._replace(from_on=None, until_on=None)
    if question.from_on is None or question.until_on is None:
        raise SpanMissing
    if question.until_on < question.from_on:
        raise SpanReversed
    if question.from_on < EARLIEST or (question.until_on - question.from_on).days > MOST_DAYS:
        raise BadQuestion
    return question


def dates_of(question: Question, today: date, service_month: int) -> tuple[date, date]:
    """Return the first and last date a question means today; "last month" moves on with time."""
    if question.span == "own":
        if question.from_on is None or question.until_on is None:
            raise SpanMissing
        return question.from_on, question.until_on
    month = month_of(today)
    quarter = months_on(month, -((month.month - 1) % 3))
    year = month.replace(month=1)
    first, count = {
        "this_month": (month, 1),
        "last_month": (months_on(month, -1), 1),
        "quarter": (quarter, 3),
        "last_quarter": (months_on(quarter, -3), 3),
        "year": (year, 12),
        "last_year": (months_on(year, -12), 12),
        "service_month": (_last_service_month(month, service_month), 1),
    }[question.span]
    return first, months_on(first, count) - timedelta(days=1)


def _last_service_month(month: date, service_month: int) -> date:
    """Return the latest service month that has begun."""
    of_year = month.replace(month=service_month)
    return of_year if of_year <= month else months_on(of_year, -12)


def kept(question: Question) -> str:
    """Return a question as it is stored: canonical JSON of ids and keys."""
    fields = {name: _word(value) for name, value in question._asdict().items()}
    given = {name: value for name, value in fields.items() if value is not None}
    return json.dumps(given, sort_keys=True, separators=(",", ":"))


def from_kept(text: str) -> Question:
    """Return a stored question."""
    given: dict[str, Any] = json.loads(text)
    for name in ("from_on", "until_on"):
        if name in given:
            given[name] = date.fromisoformat(given[name])
    return Question(**{**given, "measures": tuple(given["measures"])})


def _word(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return sorted(value) if isinstance(value, tuple) else value
