"""What the import pages say: causes, ways out, what to confirm, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from app.imports.rules.causes import runs
from app.imports.rules.columns import COLUMNS, SIGNIN_LABELS
from app.imports.rules.fixes import Fix
from app.imports.rules.told import read_figures
from app.web.filters import day
from app.web.saying import say_message

CAUSES: Mapping[str, Any] = {
    "missing": _l("Something is missing or cannot be used"),
    "unknown_volunteer": _l("The person is not on the list"),
    "ambiguous_name": _l("The name is several people's"),
    "name_mismatch": _l("Number and name disagree"),
    "unknown_team": _l("The team is not known"),
    "unknown_org": _l("The organisation is not known"),
    "bad_date": _l("The date cannot be read"),
    "future_date": _l("The date lies in the future"),
    "bad_time": _l("The time cannot be read"),
    "bad_duration": _l("The duration cannot be read"),
    "bad_points": _l("The points cannot be read"),
    "daily_limit": _l("More than a day may hold"),
    "overlap": _l("The times overlap"),
    "own_record": _l("Something of your own"),
    "not_allowed": _l("Beyond what you may import"),
    "conflict": _l("It contradicts what is recorded"),
}
OTHER_CAUSE = _l("It cannot be recorded as it stands")
NOTES: Mapping[str, Any] = {
    "waiting": _l("These rows wait for somebody's approval"),
    "over_limit": _l("Over the daily limit, accepted with your reason"),
    "repeat": _l("Recorded already, so they are not recorded again"),
    "twice": _l("The same row stands twice in this file and counts once"),
    "same_day": _l("The person has other hours with this team on that day"),
    "guest": _l("Guests: not members of the team on that day"),
    "long": _l("Six hours and more"),
    "earlier_year": _l("From an earlier year"),
    "same_phone": _l("New, but somebody else has this phone"),
    "namesake": _l("New, but somebody of this name is on the list"),
    "served_before": _l(
        "Service up to this date is recorded here already: is it in the book's sum as well?"
    ),
}
STAGES: Mapping[str, Any] = {
    "reading": _l("Reading the file"),
    "checking": _l("Checking row by row"),
    "writing": _l("Recording"),
}
# These notes need no second look to be imported; nothing of them is recorded.
_NOT_RECORDED = frozenset({"repeat", "twice"})
# The rows' own columns, as they stand in the card of a row.
SAID = (
    *("number", "name", "phone", "service_on", "team", "duration", "start", "end", "content"),
    *("points", "as_of_on"),
)
COLUMN_NAMES: Mapping[str, Any] = {
    "number": _l("Number"),
    "name": _l("Name"),
    "phone": _l("Phone"),
    "sex": _l("Sex"),
    "born_on": _l("Date of birth"),
    "kind": _l("Kind"),
    "organisation": _l("Organisation"),
    "team": _l("Team"),
    "role": _l("Role in the team"),
    "joined_on": _l("Member since"),
    "service_on": _l("Date"),
    "duration": _l("Duration"),
    "start": _l("Start"),
    "end": _l("End"),
    "content": _l("Content"),
    "place": _l("Place"),
    "note": _l("Note"),
    "external_id": _l("External id"),
    "points": _l("Points"),
    "as_of_on": _l("As of"),
}


@dataclass(frozen=True)
class WayOut:
    """One button: what it says and what it sends."""

    text: str
    about: str
    fields: dict[str, Any]


@dataclass(frozen=True)
class ShownCase:
    """Rows refused for the same cell, and what may be done about them."""

    rows: Sequence[int]
    rows_text: str
    more_rows: int
    count: int
    column: str
    cell: str
    reason: str
    about: str
    ways: Sequence[WayOut]
    typed: dict[str, Any] | None
    leave: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class ShownCause:
    """All cases of one cause."""

    code: str
    title: str
    count: int
    more: int
    cases: Sequence[ShownCase]


@dataclass(frozen=True)
class ShownNote:
    """Rows worth a second look."""

    code: str
    title: str
    count: int
    more: int
    rows: Sequence[dict[str, Any]]


def shown_causes(preview: Mapping[str, Any]) -> list[ShownCause]:
    """Return the refusals of a preview as the page draws them."""
    return [
        ShownCause(
            cause["code"],
            str(CAUSES.get(cause["code"], OTHER_CAUSE)),
            cause["count"],
            cause["more"],
            [_case(case) for case in cause["cases"]],
        )
        for cause in preview["causes"]
    ]


def shown_notes(preview: Mapping[str, Any]) -> list[ShownNote]:
    """Return what is to be confirmed."""
    return [
        ShownNote(
            note["code"],
            str(NOTES[note["code"]]),
            note["count"],
            note["count"] - len(note["rows"]),
            [_noted(note["code"], row) for row in note["rows"]],
        )
        for note in preview["notes"]
    ]


def to_confirm(preview: Mapping[str, Any]) -> int:
    """Return how many rows are to be looked at twice (a row may be in several notes)."""
    counts = [note["count"] for note in preview["notes"] if note["code"] not in _NOT_RECORDED]
    return max(counts, default=0)


def over_limit(preview: Mapping[str, Any]) -> bool:
    """Tell whether rows are over the daily limit that a reason would let through."""
    return any(cause["code"] == "daily_limit" for cause in preview["causes"])


def newcomers(preview: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return names and phones nobody on the list has, that a tap may add: those shown."""
    found: dict[str, str] = {}
    for cause in preview["causes"]:
        if cause["code"] != "unknown_volunteer":
            continue
        for case in cause["cases"]:
            if case["key"] == "name" and case["cell"]:
                found.setdefault(case["cell"], case["said"].get("phone", ""))
    return list(found.items())


def told_fix(fix: Fix) -> str:
    """Return one change in a sentence."""
    where = _("row %(row)s", row=fix.row) if fix.row else _("all rows like it")
    if fix.do == "unit":
        unit = _("hours") if fix.value == "hours" else _("minutes")
        return str(_("Bare numbers mean %(unit)s.", unit=unit))
    if fix.do == "accept":
        return str(_("Accepted over the daily limit: %(reason)s", reason=fix.value))
    if fix.do == "keep":
        return str(_("Row %(row)s is kept beside the one like it.", row=fix.row))
    if fix.do == "leave":
        return str(_("Row %(row)s is left out.", row=fix.row))
    values = _(", ").join(value for _key, value in fix.cells if value)
    said = fix.text or _("(empty)")
    return str(
        _("“%(text)s” is read as “%(value)s”, %(where)s.", text=said, value=values, where=where)
    )


def column_titles(kind: str, language: str) -> list[tuple[str, str]]:
    """Return key and title of each column of a template, in a language its readers write."""
    columns = COLUMNS[kind]  # type: ignore[index]
    return [(each.key, title_in(each.words, language)) for each in columns]


def label_titles(language: str) -> list[tuple[str, str]]:
    """Return key and title of the lines above a sign-in table."""
    return [(each.key, title_in(each.words, language)) for each in SIGNIN_LABELS]


def title_in(words: Sequence[str], language: str) -> str:
    """Return the word that heads a column in a language."""
    if language == "en":
        return next(word for word in words if word.isascii()).capitalize()
    return words[0]


def _case(case: Mapping[str, Any]) -> ShownCase:
    place = {"do": "set", "column": case["key"], "text": case["cell"]}
    if not case["cell"] and case["rows"]:
        place["row"] = case["rows"][0]
    typed = place | {"set": case["key"]} if case["may_type"] else None
    return ShownCase(
        rows=case["rows"],
        rows_text=_(", ").join(runs(case["rows"])),
        more_rows=case["count"] - len(case["rows"]),
        count=case["count"],
        column=case["column"],
        cell=case["cell"] or str(_("(empty)")),
        reason=say_message(case["message"], read_figures(case["figures"])),
        about=_about(case["said"], case["key"]),
        ways=[_way(option, place) for option in case["options"]],
        typed=typed,
        leave=[{"do": "leave", "row": row} for row in case["rows"][:1] if case["count"] == 1],
    )


def _way(option: Mapping[str, Any], place: dict[str, Any]) -> WayOut:
    if option["kind"] == "unit":
        text = _("They are hours") if option["unit"] == "hours" else _("They are minutes")
        return WayOut(str(text), "", {"do": "unit", "value": option["unit"]})
    (key, value), *rest = option["cells"]
    fields = place | {"set": key, "value": value}
    if rest:
        fields["clear"] = rest[0][0]
    if option["kind"] == "person":
        about = [option["number"], *option["teams"], option["phone"]]
        return WayOut(option["name"], " · ".join(filter(None, about)), fields)
    if option["kind"] in ("team", "organisation"):
        return WayOut(option["name"], option["code"], fields)
    return WayOut(day(date.fromisoformat(option["on"]), with_year=True), option["on"], fields)


def _about(said: Mapping[str, str], but: str) -> str:
    return " · ".join(_said(key, said) for key in SAID if key in said and key != but)


def _said(key: str, said: Mapping[str, str]) -> str:
    """Return what one cell says; of a paper book's figures also which of the two it is."""
    if "as_of_on" not in said or key not in {"points", "duration"}:
        return said[key]
    return str(_("%(column)s %(cell)s", column=COLUMN_NAMES[key], cell=said[key]))


def _noted(code: str, row: Mapping[str, Any]) -> dict[str, Any]:
    found = row["found"]
    about = ""
    if "name" in found:
        about = _("On the list: %(name)s, %(number)s", name=found["name"], number=found["number"])
    return {
        "row": row["row"],
        "about": _about(row["said"], ""),
        "found": about,
        "may_keep": row["may_keep"],
        "may_leave": code not in _NOT_RECORDED,
    }
