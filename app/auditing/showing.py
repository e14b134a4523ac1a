"""What the page of the audit says."""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext

from app.audit.quick import COVERED, IN_OTHER_WORDS
from app.audit.report import checks_for
from app.audit.words import Words
from app.audits.queries import RunRow
from app.audits.rules import Kept, Run, is_overdue
from app.errors import N_
from app.web.filters import number

KIND_WORDS = {"full": N_("Everything"), "quick": N_("What is new")}
SCHEMA = N_("Triggers, constraints and indexes stand as the schema says")


class State(NamedTuple):
    """How the books stand, in one sentence; `tone` is that of a notice."""

    tone: str
    title: str
    sentence: str


class Line(NamedTuple):
    """One check: what holds, what was counted, what was found."""

    id: str
    name: str
    looked_at: int | None
    looked_at_new: int | None
    found: int
    samples: list[list[tuple[str, str]]]


def state_of(full: RunRow | None, faults: dict[str, int], at: datetime) -> State:
    """Return how the books stand after the last audits."""
    if full is None:
        title = _("The books were not checked yet")
        return State("info", title, _("The first check begins as soon as a worker runs."))
    checks = len(full.run.results)
    if faults:
        title = ngettext("%(num)s check does not hold", "%(num)s checks do not hold", len(faults))
        return State(
            "error",
            title,
            _(
                "Leave the books as they are and show this page to whoever keeps the machine:"
                " docs/operations.md says what to do."
            ),
        )
    rows = max((each.looked_at for each in full.run.results), default=0)
    sentence = _(
        "%(checks)s checks found nothing that does not agree; the largest looked at %(rows)s rows.",
        checks=checks,
        rows=number(rows),
    )
    if is_overdue(full.run.started_at, at):
        late = _("The nightly check has not run for two days: is the worker there?")
        return State("warn", _("Everything agreed when it was last checked"), late)
    return State("ok", _("Everything agrees"), sentence)


def lines_of(full: RunRow | None, quick: RunRow | None, faults: dict[str, int]) -> list[Line]:
    """Return every check with what the last audits counted; what was found comes first."""
    whole = _by_id(full)
    # A quick audit of before the last full one says nothing more.
    new = _by_id(quick if quick and full and quick.id > full.id else None)
    lines = [
        Line(
            check_id,
            _(name),
            whole[check_id].looked_at if check_id in whole else None,
            new[check_id].looked_at if check_id in new else None,
            faults.get(check_id, 0),
            [*_samples(whole.get(check_id)), *_samples(new.get(check_id))],
        )
        for check_id, name in names().items()
    ]
    return sorted(lines, key=lambda line: not line.found)


def quick_ids() -> list[str]:
    """Return the checks that the hourly audit covers, by number."""
    return sorted(COVERED.keys() | IN_OTHER_WORDS)


@cache
def names() -> dict[str, str]:
    """Return what each check holds, as a msgid, in their order; the schema last."""
    return {**{check.id: check.name for check in checks_for(Words("sqlite"))}, "schema": SCHEMA}


def seconds_of(run: Run) -> str:
    """Return how long an audit took."""
    seconds = (run.ended_at - run.started_at).total_seconds()
    if seconds < 1:
        return str(_("less than a second"))
    if seconds < 120:
        return str(ngettext("%(num)s second", "%(num)s seconds", round(seconds)))
    return str(ngettext("%(num)s minute", "%(num)s minutes", round(seconds / 60)))


def _by_id(row: RunRow | None) -> dict[str, Kept]:
    return {each.id: each for each in row.run.results} if row else {}


def _samples(kept: Kept | None) -> list[list[tuple[str, str]]]:
    return [[(key, str(value)) for key, value in each.items()] for each in _raw(kept)]


def _raw(kept: Kept | None) -> tuple[Any, ...]:
    return kept.samples if kept else ()
