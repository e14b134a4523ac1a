"""An archive as its page shows it: every figure made text here."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.archive.queries import (
    CommendationRow,
    ComplaintRow,
    DetailsRow,
    Entries,
    TrainingRow,
    YearColour,
    details_of,
    entries_of,
    last_records,
    years_by_colour,
)
from app.archive.rules.documents import KINDS as DOCUMENTS
from app.archive.rules.documents import masked_number
from app.archive.rules.sealing import SealKey, opened
from app.archive.tables import RATERS
from app.certificates.queries.certificates import certificates_of
from app.evaluations.queries import evaluations_of
from app.organisations.queries import get_organisation
from app.people.models import Volunteer
from app.service.queries import lifetime_of
from app.service.showing import Chip
from app.teams.forms import KINDS, SEXES, said
from app.trail.rules import mask_phone
from app.web.filters import day, hours, instant, number

# The page shows the last of each; the lists they come from have pages of their own.
EVALUATIONS_SHOWN = 5

Fact = tuple[str, str]
Tag = tuple[str, str, str]


class ShownYear(NamedTuple):
    """One year of service, colour by colour."""

    year: str
    total: str
    colours: list[tuple[Chip, str, str, str]]


class ShownEntry(NamedTuple):
    """One training, commendation or complaint."""

    id: int
    group: str
    title: str
    parts: list[str]
    words: str
    # What came of a complaint.
    outcome: str
    tag: Tag | None
    # Why it was withdrawn, by whom and when; empty while it stands.
    withdrawn: str
    may_answer: bool


class ShownAward(NamedTuple):
    """An award certificate that still holds."""

    title: str
    about: str
    verify_code: str


def archive_page(session: Session, person: Volunteer, key: SealKey) -> dict[str, Any]:
    """Return what the page of an archive shows, of oneself or of somebody else."""
    entries = entries_of(session, person.id)
    details = details_of(session, person.id)
    years = years_by_colour(session, person.id)
    lifetime = lifetime_of(session, person.id)
    said_of = evaluations_of(session, person.id, size=EVALUATIONS_SHOWN + 1)
    raters = {name: _(text) for name, text in RATERS.items()}
    return {
        "person": person,
        "person_facts": person_facts(session, person, details, key),
        "has_document": details.id_document_kind is not None,
        "service_facts": _service_facts(years, lifetime.before_minutes),
        "years": shown_years(years),
        "records": [
            (Chip(one.colour_key, one.colour_glyph), one)
            for one in last_records(session, person.id)
        ],
        "entries": shown_entries(entries),
        "certificates": awards_of(session, person.id),
        "trainings_sum": _training_sum(entries.trainings),
        "evaluations": [
            (Chip(one.colour_key, one.colour_glyph), one, raters[one.rater])
            for one in said_of[:EVALUATIONS_SHOWN]
        ],
        "has_more_evaluations": len(said_of) > EVALUATIONS_SHOWN,
    }


def shown_entries(entries: Entries) -> dict[str, list[ShownEntry]]:
    """Return what was entered about somebody, by group, withdrawn entries among it."""
    return {
        "trainings": [_training(one) for one in entries.trainings],
        "commendations": [_commendation(one) for one in entries.commendations],
        "complaints": [_complaint(one) for one in entries.complaints],
    }


def awards_of(session: Session, volunteer_id: int) -> list[ShownAward]:
    """Return the award certificates of our own that still hold."""
    return [
        ShownAward(
            one.says.title,
            " · ".join((one.says.issuer_name, _day(one.says.issued_on), one.number)),
            one.verify_code,
        )
        for one in certificates_of(session, volunteer_id)
        if one.kind == "award" and one.state == "valid"
    ]


def person_facts(
    session: Session, person: Volunteer, details: DetailsRow, key: SealKey
) -> list[Fact]:
    """Return who somebody is, ID number and phone masked."""
    kinds, sexes = said(KINDS), said(SEXES)
    organisation = get_organisation(session, person.organisation_id)
    return [
        (_("Volunteer number"), person.number or "—"),
        (_("Sex"), sexes[person.sex] if person.sex else "—"),
        (_("Date of birth"), day(person.born_on, with_year=True) if person.born_on else "—"),
        (_("ID document"), document_text(person.id, details, key)),
        (_("Phone"), mask_phone(person.phone) or "—"),
        (_("Residence area"), details.residence_area or "—"),
        (_("Skills"), details.skills or "—"),
        (_("Service category"), details.service_category or "—"),
        (_("Kind"), kinds[person.kind]),
        (_("Organisation"), organisation.name),
    ]


def document_text(volunteer_id: int, details: DetailsRow, key: SealKey) -> str:
    """Return kind and masked number of somebody's ID document."""
    if details.id_document_kind is None or details.id_document_encrypted is None:
        return "—"
    found = opened(details.id_document_encrypted, volunteer_id=volunteer_id, key=key)
    # Sealed with another secret: a database that came without its secret_key.
    number_text = masked_number(found) if found else _("cannot be read")
    kind = _(DOCUMENTS[details.id_document_kind])
    return str(_("%(kind)s, %(number)s", kind=kind, number=number_text))


def shown_years(years: Sequence[YearColour]) -> list[ShownYear]:
    """Return the years with their colours."""
    return [
        ShownYear(
            str(year),
            _hours(sum(one.minutes for one in colours)),
            [
                (
                    Chip(one.colour_key, one.colour_glyph),
                    one.colour_name,
                    _hours(one.minutes),
                    _records(one.records),
                )
                for one in colours
            ],
        )
        for year, group in groupby(years, key=lambda one: one.year)
        for colours in [list(group)]
    ]


def _service_facts(years: Sequence[YearColour], before_minutes: int) -> list[dict[str, str]]:
    minutes = sum(one.minutes for one in years)
    return [
        {
            "label": _("Served"),
            "value": hours(minutes + before_minutes),
            "unit": _("hours"),
            "note": _("of it from the paper book: %(hours)s", hours=hours(before_minutes))
            if before_minutes
            else "",
        },
        {"label": _("Records"), "value": number(sum(one.records for one in years))},
        {"label": _("Years"), "value": number(len({one.year for one in years}))},
    ]


def _training_sum(trainings: Sequence[TrainingRow]) -> str:
    standing = [one.minutes for one in trainings if one.state != "withdrawn"]
    return _hours(sum(standing)) if standing else ""


def _training(one: TrainingRow) -> ShownEntry:
    parts = [_hours(one.minutes), _day(one.held_on), one.organiser]
    return _entry("trainings", one, one.course, parts)


def _commendation(one: CommendationRow) -> ShownEntry:
    parts = [one.given_by, _day(one.given_on)]
    tag = (_("elsewhere"), "info", "") if one.is_elsewhere else None
    return _entry("commendations", one, one.title, parts, words=one.note, tag=tag)


def _complaint(one: ComplaintRow) -> ShownEntry:
    title = _("Received on %(day)s", day=_day(one.received_on))
    parts = [
        _("Answered on %(day)s by %(name)s", day=_day(one.answered_on), name=one.answered_by)
        if one.answered_on
        else _("Not answered yet")
    ]
    tags = {
        "open": (_("Waits for an answer"), "warn", "clock"),
        "answered": (_("Answered"), "ok", "check"),
    }
    shown = _entry("complaints", one, title, parts, words=one.content, tag=tags.get(one.state))
    return shown._replace(outcome=one.outcome)


def _entry(
    group: str,
    one: TrainingRow | CommendationRow | ComplaintRow,
    title: str,
    parts: list[str],
    *,
    words: str = "",
    tag: Tag | None = None,
) -> ShownEntry:
    withdrawn = ""
    if one.state == "withdrawn":
        tag = (_("Withdrawn"), "", "undo")
        withdrawn = _(
            "Withdrawn by %(name)s, %(at)s: %(reason)s",
            name=one.withdrawn_by,
            at=instant(one.withdrawn_at),
            reason=one.reason,
        )
    entered = _("entered by %(name)s", name=one.entered_by)
    return ShownEntry(
        one.id,
        group,
        title,
        [*filter(None, parts), entered],
        words,
        "",
        tag,
        withdrawn,
        one.state == "open",
    )


def _day(on: Any) -> str:
    return day(on, with_year=True)


def _hours(minutes: int) -> str:
    return str(_("%(hours)s hours", hours=hours(minutes)))


def _records(count: int) -> str:
    return str(ngettext("%(num)s record", "%(num)s records", count))
