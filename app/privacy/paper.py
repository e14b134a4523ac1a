"""The printed summary of somebody's own data: what was agreed to, who looked, what there is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now
from app.errors import N_
from app.organisations.queries import get_organisation
from app.people.models import Volunteer
from app.people.queries import consents_of
from app.people.queries.naming import naming_of
from app.people.queries.purposes import purposes_of
from app.privacy.columns import BY_NAME
from app.privacy.rules.looking import LOOKS
from app.web.filters import day, instant, number

# What stands in the file by the part of Qicai it belongs to.
GROUPS: Mapping[str, str] = {
    "person": N_("Person"),
    "account": N_("Account and devices"),
    "service": N_("Service"),
    "points": N_("Points and time"),
    "rewards": N_("Redemptions"),
    "year": N_("Year-end and certificates"),
    "notices": N_("Notices"),
    "trail": N_("What was done about me"),
    "work": N_("Imports and files"),
    "place": N_("Community"),
}
PURPOSES: Mapping[str, str] = {
    "photos": N_("Photos"),
    "helpers": N_("Helpers"),
    "minors": N_("Notice for minors"),
}
MOST_PRINTED = 200


def summary_of_data(
    session: Session, person: Volunteer, content: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the printed summary shows."""
    return {
        "person_name": person.name,
        "person_number": person.number or "—",
        "organisation_name": get_organisation(session, person.organisation_id).name,
        "made_at": instant(now()),
        "facts": _facts(person, content["passbook"]),
        "words": _words(session, person.id),
        "looks": [
            (instant(_at(look["at"])), _(LOOKS[look["operation"]]), look["by"], look["reason"])
            for look in content["access"][:MOST_PRINTED]
        ],
        "tables": _tables(content["tables"]),
        "left_out": sorted(content["left_out"].items()),
    }


def _facts(person: Volunteer, passbook: Mapping[str, Any] | None) -> list[tuple[str, str]]:
    facts = [
        (_("Date of birth"), day(person.born_on, with_year=True) if person.born_on else "—"),
        (_("Phone"), person.phone or "—"),
    ]
    if passbook is not None:
        facts += [
            (_("Minutes served"), number(passbook["served_minutes"])),
            (_("Points"), passbook["points"]),
            (_("Lines in the passbook"), number(len(passbook["lines"]))),
        ]
    return facts


def _words(session: Session, volunteer_id: int) -> list[tuple[str, str, str]]:
    said = [
        (one.given_at, _("Privacy notice"), _("Agreed to version %(version)s", version=one.version))
        for one in consents_of(session, volunteer_id)
    ]
    said += [
        (
            one.given_at,
            _("Name on public pages"),
            _word(one.is_named),
        )
        for one in naming_of(session, volunteer_id)
    ]
    said += [
        (
            one.given_at,
            _(PURPOSES[one.purpose]),
            _word(one.is_given),
        )
        for one in purposes_of(session, volunteer_id)
    ]
    return [(instant(at), what, word) for at, what, word in sorted(said, reverse=True)]


def _word(is_yes: bool) -> str:
    return str(_("Consent given") if is_yes else _("Taken back"))


def _tables(tables: Mapping[str, list[Any]]) -> list[tuple[str, str, str]]:
    return [
        (_(GROUPS[BY_NAME[name].group]), name, number(len(rows))) for name, rows in tables.items()
    ]


def _at(written: str) -> datetime:
    return datetime.fromisoformat(written)
