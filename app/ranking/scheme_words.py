"""A scheme in words: what weighs, for whom a title is, why somebody receives none."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.ranking.queries.comparing import Place
from app.ranking.rules.schemes import Scheme, Title
from app.web.filters import day, hours

ORDERS = {
    "default": _l("Hours, then dates, then service days"),
    "weights": _l("A score by weights"),
}
CATEGORY_WORDS = {
    "overall": _l("Everybody"),
    "colour": _l("Each colour"),
    "kind": _l("Each kind of person"),
    "newcomer": _l("Newcomers of the year"),
    "team": _l("Teams"),
}
KIND_WORDS = {
    "party": _l("Party member"),
    "social": _l("Social worker"),
    "resident": _l("Resident"),
}


def order_text(scheme: Scheme) -> str:
    """Say by what the order is made."""
    weights = scheme.weights
    if weights is None:
        return str(_("Hours, then dates, then service days"))
    parts = [
        (weights.per_hour, _("%(weight)s per hour", weight=weights.per_hour)),
        (weights.per_date, _("%(weight)s per date", weight=weights.per_date)),
        (weights.per_service_day, _("%(weight)s per service day", weight=weights.per_service_day)),
        (weights.per_point, _("%(weight)s per point", weight=weights.per_point)),
    ]
    return str(_(", ").join(text for weight, text in parts if weight))


def scheme_facts(scheme: Scheme) -> list[tuple[str, str]]:
    """Return a scheme as labels and values."""
    found = [
        (_("Order"), order_text(scheme)),
        (_("Needed"), _("%(hours)s hours", hours=hours(scheme.minimum_minutes))),
    ]
    if scheme.member_since:
        since = day(scheme.member_since, with_year=True)
        found.append((_("Member since"), _("%(day)s or earlier", day=since)))
    found.append((_("Titles a person"), str(scheme.titles_per_person)))
    if scheme.exclusions:
        found.append((_("Left out"), str(len(scheme.exclusions))))
    return [(str(label), str(value)) for label, value in found]


def title_texts(scheme: Scheme) -> list[tuple[str, str]]:
    """Return the titles with for whom they are and how many places they have."""
    return [(title.title, _title_text(title)) for title in scheme.titles]


def _title_text(title: Title) -> str:
    return str(
        _(
            "%(whom)s, %(places)s places",
            whom=CATEGORY_WORDS[title.category],
            places=title.places,
        )
    )


def why_not_text(reason: str | None, scheme: Scheme, place: Place) -> str:
    """Say why somebody receives no title whatever their place; empty where nothing hinders."""
    if reason == "excluded":
        why = scheme.exclusions[place.volunteer_id]
        return str(_("Left out: %(why)s", why=why))
    if reason == "minimum":
        return str(_("Below the %(hours)s hours needed", hours=hours(scheme.minimum_minutes)))
    if reason == "member_since":
        since = day(scheme.member_since, with_year=True)
        return str(_("Member only after %(day)s", day=since))
    return ""


def award_text(title: str, words: Any, rank: int, is_tied: bool) -> str:
    """Say which title somebody receives, and by which place of which list."""
    figures = {"title": title, "whom": words, "rank": rank}
    if is_tied:
        return str(_("%(title)s (%(whom)s, tied no. %(rank)s)", **figures))
    return str(_("%(title)s (%(whom)s, no. %(rank)s)", **figures))
