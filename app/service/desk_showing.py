"""What the desk shows: each thing that waits with its flags, the choices, the clean ones' sum."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.service.queries import RecordRow, Tally, WaitingRow
from app.service.rules.flags import Flag, is_clean
from app.service.showing import WAITS, Chip, what_and_when
from app.web.filters import hours, number
from app.web.pagination import url_with
from app.web.saying import say_message

# Short enough for a row of choices; what waits for which reason, the commonest to settle first.
REASONS = ("late", "claim", "own_row", "two_people", "over_limit", "new_person", "correction")
# Of more teams a list to choose from is shown instead of a row.
MOST_TEAMS_IN_A_ROW = 8


class ShownFlag(NamedTuple):
    """One sentence; a plain one only says why it waits at all."""

    text: str
    is_plain: bool


class ShownWaiting(NamedTuple):
    """One line of what waits."""

    id: int
    volunteer_id: int
    colour: Chip
    name: str
    what: str
    hours: str
    why: str
    flags: list[ShownFlag]
    recorder: str
    evidence: str
    may_decide: bool
    is_new_person: bool
    needs_another: bool
    needs_reason: bool
    before: str


class CleanOnes(NamedTuple):
    """Of what is shown: those that raise no question, and what they come to."""

    ids: list[int]
    people: int
    hours: str


def reason_labels() -> dict[str, str]:
    """Return why things wait, in a word."""
    return {
        "late": str(_("Late")),
        "claim": str(_("Claims")),
        "own_row": str(_("Own hours")),
        "two_people": str(_("Second person")),
        "over_limit": str(_("Over the limit")),
        "new_person": str(_("New friends")),
        "correction": str(_("Corrections")),
    }


def shown_waiting(row: WaitingRow, flags: Sequence[Flag]) -> ShownWaiting:
    """Return one line of what waits, with what is worth a second look."""
    record = row.record
    return ShownWaiting(
        record.id,
        record.volunteer_id,
        Chip(record.colour_key, record.colour_glyph),
        record.volunteer_name,
        what_and_when(record),
        _("%(hours)s hours", hours=hours(row.minutes)),
        str(WAITS.get(row.reason, "")),
        [ShownFlag(_said(flag), is_clean(row.reason, [flag])) for flag in flags],
        record.recorder_name,
        record.evidence,
        row.may_decide,
        row.reason == "new_person",
        row.needs_another,
        row.needs_reason,
        _before(row.corrects) if row.corrects else "",
    )


def _said(flag: Flag) -> str:
    figures = {
        name: hours(value) if name.endswith("minutes") else value
        for name, value in flag.figures.items()
    }
    return say_message(flag.message, figures)


def _before(old: RecordRow) -> str:
    what = what_and_when(old)
    return str(_("So far: %(hours)s hours, %(what)s", hours=hours(old.minutes), what=what))


def clean_ones(rows: Iterable[WaitingRow], flags: Mapping[int, list[Flag]]) -> CleanOnes:
    """Return those the reader may approve together, as nothing is to be said about them."""
    clean = [row for row in rows if row.may_decide and is_clean(row.reason, flags[row.record.id])]
    return CleanOnes(
        [row.record.id for row in clean],
        len({row.record.volunteer_id for row in clean}),
        hours(sum(row.minutes for row in clean)),
    )


def clean_text(clean: CleanOnes) -> str:
    """Return what one tap would approve: how many, whose, how long."""
    return str(
        ngettext(
            "%(num)s entry here raises no question: %(people)s people, %(hours)s hours.",
            "%(num)s entries here raise no question: %(people)s people, %(hours)s hours.",
            len(clean.ids),
            people=number(clean.people),
            hours=clean.hours,
        )
    )


# ── choices ───────────────────────────────────────────────────────────────────────────────


class Asked(NamedTuple):
    """What of the waiting things is asked for, and how much there is of it."""

    reason: str | None
    team_code: str | None
    total: int


def asked_of(tallies: Sequence[Tally], reason: str | None, team_code: str | None) -> Asked:
    """Return what is asked for; what nothing waits for is not asked for."""
    reason = reason if any(each.reason == reason for each in tallies) else None
    team_code = team_code if any(each.team_code == team_code for each in tallies) else None
    return Asked(reason, team_code, _sum(tallies, reason, team_code))


def _sum(tallies: Iterable[Tally], reason: str | None, team_code: str | None) -> int:
    return sum(
        each.things
        for each in tallies
        if reason in {None, each.reason} and team_code in {None, each.team_code}
    )


def reason_choices(tallies: Sequence[Tally], asked: Asked) -> list[dict[str, Any]]:
    """Return the reasons to choose from, each with how much waits for it in the team chosen."""
    labels = reason_labels()
    there = [each for each in REASONS if any(tally.reason == each for tally in tallies)]
    if len(there) < 2 and asked.reason is None:
        return []
    return [
        {
            "url": url_with({"reason": each, "page": None}),
            "label": _("%(name)s %(count)s", name=label, count=number(count)),
            "current": asked.reason == each,
        }
        for each, label in ((None, _("Everything")), *((one, labels[one]) for one in there))
        if (count := _sum(tallies, each, asked.team_code)) or asked.reason == each
    ]


def team_choices(tallies: Sequence[Tally], asked: Asked) -> list[dict[str, Any]]:
    """Return the teams to choose from, each with how much waits in it for the reason chosen."""
    teams = {each.team_code: each for each in tallies}
    if len(teams) < 2:
        return []
    found = [_team(None, _("All teams"), tallies, asked)]
    for code, tally in teams.items():
        choice = _team(code, tally.team_name, tallies, asked)
        found.append({**choice, "colour": Chip(tally.colour_key, tally.colour_glyph)})
    return [each for each in found if each["count"] or each["current"]]


def _team(code: str | None, name: str, tallies: Sequence[Tally], asked: Asked) -> dict[str, Any]:
    count = _sum(tallies, asked.reason, code)
    return {
        "url": url_with({"team": code, "page": None}),
        "code": code or "",
        "label": _("%(name)s %(count)s", name=name, count=number(count)),
        "current": asked.team_code == code,
        "count": count,
    }
