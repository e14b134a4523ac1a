"""Every line in one sentence, and the award of a record as a till receipt."""

from __future__ import annotations

from app.passbook.queries import Line
from app.passbook.rules import (
    Gettext,
    award_sentence,
    expiry_sentence,
    joined_from_sentence,
    joined_sentence,
    opening_sentence,
    other_sentence,
    redemption_sentence,
    reversal_sentence,
    terms_of,
)
from app.points.rules import Explanation, explain, format_hundredths
from app.web.filters import day


def sentence_of(line: Line, gettext: Gettext) -> str:
    """Say what a line is and how its figures came about."""
    if line.kind == "service" and line.record is not None:
        said = award_sentence(line.record.credit, line.version, gettext)
        number = line.record.joined_from
        return joined_from_sentence(said, number, gettext) if number else said
    if line.kind == "reversal" and line.reverses_id is not None:
        points = format_hundredths(-line.points_hundredths)
        return reversal_sentence(line.reverses_id, -line.minutes, points, line.reason, gettext)
    if line.kind == "opening" and line.opening is not None:
        book, figures = line.opening, (line.minutes, line.points_hundredths)
        return opening_sentence(book.as_of_on, *figures, book.note, gettext)
    if line.taken is not None:
        how = "redemption" if line.kind == "redemption" else line.taken.state
        taken = (line.taken.name, line.taken.quantity)
        return redemption_sentence(how, *taken, line.reason, gettext)
    if line.joined is not None:
        is_given = line.minutes < 0 or line.points_hundredths < 0
        return joined_sentence(*line.joined, is_given, line.reason, gettext)
    if line.expired is not None:
        until = day(line.expired.until_on, with_year=True)
        return expiry_sentence(line.expired.year, until, gettext)
    is_alone = line.decision is not None and line.decision.is_alone
    return other_sentence(line.kind, line.reason, gettext, is_alone=is_alone)


def receipt_of(line: Line) -> Explanation | None:
    """Return the parts of an award's sum; None for lines that were not reckoned by a rule."""
    if line.kind != "service" or line.record is None or line.version is None:
        return None
    return explain(line.record.minutes, terms_of(line.version, line.record.credit))
