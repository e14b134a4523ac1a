"""The report on minors as its page shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from app.errors import N_
from app.privacy.queries.minors import Report
from app.privacy.rules.looking import LOOKS
from app.privacy.rules.minors import Agreement
from app.web.filters import number

AGREEMENTS: Mapping[Agreement, str] = {
    "agreed": N_("A guardian agreed"),
    "older": N_("Agreed to an earlier version"),
    "ended": N_("Taken back"),
    "missing": N_("Missing"),
}
PURPOSES: Mapping[str, str] = {
    "boards": N_("Name on public pages"),
    "photos": N_("Photos"),
    "helpers": N_("Helpers"),
    "minors": N_("Notice for minors"),
}


def tiles(report: Report) -> list[dict[str, str]]:
    """Return the first figures: how many, and how many a guardian agreed for."""
    children = len(report.children)
    return [
        {"label": _("Under 14"), "value": number(children)},
        {"label": _("14 to 17"), "value": number(len(report.minors) - children)},
        {"label": _("A guardian agreed"), "value": number(len(report.agreed("agreed")))},
        {"label": _("Consent missing"), "value": number(children - len(report.agreed("agreed")))},
    ]


def shown_report(report: Report) -> dict[str, Any]:
    """Return the parts of the page below the figures."""
    kept = report.kept
    return {
        "unknown_age": report.unknown_age,
        "lacking": [
            (one, one.age(report.on), _(AGREEMENTS[report.agreements[one.id]]))
            for one in report.children
            if report.agreements[one.id] != "agreed"
        ],
        "kept": [
            (_("Name, birth date, teams, hours"), number(len(report.minors))),
            (_("A phone number"), number(kept.phone)),
            (_("An ID document's number"), number(kept.document)),
            (_("Photos of service"), number(kept.photo)),
            (_("Named in full by consent"), number(kept.named)),
        ],
        "looks": [(who, _(LOOKS[what]), number(count)) for who, what, count in report.looks],
        "lists": [(_(LOOKS[what]), number(count)) for what, count in report.lists],
        "ended": [(_(PURPOSES[purpose]), number(count)) for purpose, count in report.ended],
    }
