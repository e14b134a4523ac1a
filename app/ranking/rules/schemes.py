"""A scheme of awards: what weighs, who may be awarded, which titles there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from app.errors import N_, RuleBroken

CATEGORIES = ("overall", "colour", "kind", "team", "newcomer")
MOST_WEIGHT = 1000
MOST_PLACES = 1000
MOST_TITLES = 12
MOST_TITLES_PER_PERSON = MOST_TITLES
LONGEST_TITLE = 40
DEFAULT_TITLES = (
    ("overall", 10, N_("Volunteer pioneer")),
    ("colour", 1, N_("Star of the team colour")),
    ("newcomer", 1, N_("Newcomer of the year")),
    ("team", 1, N_("Team of the year")),
)
# A score is kept in parts so small that an hour, a date and a hundredth of a point are whole.
SCORE_PARTS = 6000


class WeightsUnfit(RuleBroken):
    code = "bad_weights"
    message = N_("Weights are whole numbers from 0 to %(most)s, and not all of them 0.")


class TitlesUnfit(RuleBroken):
    code = "bad_titles"
    message = N_(
        "A scheme has 1 to %(most)s titles, each of at most %(longest)s characters"
        " with 1 to %(places)s places."
    )


class LineBreaks(RuleBroken):
    """A title stands on one line of a certificate."""

    code = "bad_title"
    message = N_("A title stands on one line: “%(title)s” does not.")


class TitleTwice(RuleBroken):
    code = "title_twice"
    message = N_("The title “%(title)s” stands there twice for the same people.")


class MinimumUnfit(RuleBroken):
    code = "bad_minimum"
    message = N_("The minimum is a number of hours from 0 to %(most)s.")


class TitlesPerPersonUnfit(RuleBroken):
    code = "bad_titles_per_person"
    message = N_("A person may have 1 to %(most)s titles.")


class ExclusionUnfit(RuleBroken):
    code = "bad_exclusion"
    message = N_("Whoever is left out needs a reason: %(number)s has none.")


class Weights(NamedTuple):
    """Points of the score for an hour, a date, a service day and a point; whole numbers."""

    per_hour: int
    per_date: int
    per_service_day: int
    per_point: int


class Title(NamedTuple):
    """One line of a scheme: for whom, how many places, what it is called."""

    category: str
    places: int
    title: str


class Scheme(NamedTuple):
    """What decides a year's awards; without weights the default order of SPEC §7 holds."""

    weights: Weights | None
    minimum_minutes: int
    member_since: date | None
    titles_per_person: int
    titles: tuple[Title, ...]
    # Volunteer ids and why they are left out.
    exclusions: Mapping[int, str]


def score_of(
    weights: Weights, minutes: int, dates: int, service_days: int, points_hundredths: int
) -> int:
    """Return a score in its smallest parts, SCORE_PARTS of which are one."""
    return (
        100 * weights.per_hour * minutes
        + SCORE_PARTS * (weights.per_date * dates + weights.per_service_day * service_days)
        + 60 * weights.per_point * points_hundredths
    )


def score_hundredths(score: int) -> int:
    """Return a score in hundredths, as it is shown; rounded half up."""
    return (score * 2 + 60) // 120


def check_scheme(scheme: Scheme, numbers: Mapping[int, str]) -> None:
    """Refuse what is no scheme; `numbers` names the people left out."""
    if scheme.weights is not None:
        check_weights(scheme.weights)
    most_minutes = 366 * 24 * 60
    if not 0 <= scheme.minimum_minutes <= most_minutes:
        raise MinimumUnfit(most=366 * 24)
    if not 1 <= scheme.titles_per_person <= MOST_TITLES_PER_PERSON:
        raise TitlesPerPersonUnfit(most=MOST_TITLES_PER_PERSON)
    _check_titles(scheme.titles)
    for volunteer_id, reason in scheme.exclusions.items():
        if not reason.strip():
            raise ExclusionUnfit(number=numbers.get(volunteer_id, ""))


def check_weights(weights: Weights) -> None:
    """Refuse weights that weigh nothing, or are beyond their bounds."""
    if not any(weights) or not all(0 <= weight <= MOST_WEIGHT for weight in weights):
        raise WeightsUnfit(most=MOST_WEIGHT)


def _check_titles(titles: Sequence[Title]) -> None:
    fits = all(
        title.category in CATEGORIES
        and 1 <= title.places <= MOST_PLACES
        and 1 <= len(title.title.strip()) <= LONGEST_TITLE
        for title in titles
    )
    if not fits or not 1 <= len(titles) <= MOST_TITLES:
        raise TitlesUnfit(most=MOST_TITLES, longest=LONGEST_TITLE, places=MOST_PLACES)
    seen: set[tuple[str, str]] = set()
    for title in titles:
        if not title.title.isprintable():
            raise LineBreaks(title=" ".join(title.title.split()))
        if (title.category, title.title) in seen:
            raise TitleTwice(title=title.title)
        seen.add((title.category, title.title))
