"""A year's closing as its page shows it: steps, checklist, what came after, what was decided."""

from __future__ import annotations

from typing import Any, NamedTuple

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from app.ranking.place_showing import change_of
from app.ranking.queries.behind import LaterRecord
from app.ranking.queries.comparing import Place
from app.ranking.queries.snapshots import Freeze
from app.ranking.rules.stages import FINAL, NOTICE, PREVIEW
from app.ranking.wizard import MOST_CHANGES, Wizard
from app.web.filters import day, hours, instant, number


class Check(NamedTuple):
    """One line of the checklist; `url` leads to where it is settled."""

    is_done: bool
    said: str
    url: str = ""
    # Whether it holds the next step back.
    holds: bool = False


class Change(NamedTuple):
    """Somebody whose figures are others than the frozen list says."""

    volunteer_id: int
    name: str
    said: list[tuple[str, int]]
    ranks: str
    tone: str


class Decision(NamedTuple):
    """What one person asked for, and what became of it."""

    what: str
    tag: tuple[str, str, str]
    is_alone: bool
    facts: list[tuple[str, str]]
    at: Any


def steps_of(wizard: Wizard) -> tuple[list[dict[str, str]], int]:
    """Return the four steps with their dates, and which of them is the present one."""
    standing = wizard.standing
    first = wizard.snapshots[-1] if wizard.snapshots else None
    notice = final = ""
    if first is not None and standing is not None:
        notice = _(
            "%(from_on)s to %(until)s",
            from_on=day(first.notice_from_on),
            until=day(standing.until_on),
        )
        final = instant(standing.final_at) if standing.final_at else _("after the notice")
    steps = [
        {"label": _("Preview"), "note": instant(first.frozen_at) if first else _("now")},
        {"label": _("Public notice"), "note": notice},
        {"label": _("Final list"), "note": final},
        {"label": _("Issue certificates"), "note": ""},
    ]
    return steps, {PREVIEW: 0, NOTICE: 1, FINAL: 3}[wizard.stage]


def checks_of(wizard: Wizard) -> list[Check]:
    """Return what is to be looked at before the next step."""
    if wizard.stage == FINAL:
        return []
    found = [_scheme_check(wizard), _year_check(wizard)] if wizard.stage == PREVIEW else []
    found += _open_checks(wizard)
    groups = wizard.lists.size.tied_groups
    if groups:
        said = ngettext(
            "%(num)s group shares a rank, as the rules say",
            "%(num)s groups share a rank, as the rules say",
            groups,
        )
        found.append(Check(True, str(said)))
    return found + ([_notice_check(wizard)] if wizard.stage == NOTICE else [])


def _scheme_check(wizard: Wizard) -> Check:
    url = url_for("awards.scheme", **wizard.closing.address)
    if wizard.scheme is None:
        return Check(False, _("The scheme is not saved yet"), url, holds=True)
    return Check(True, _("Scheme, version %(version)s", version=wizard.scheme.version), url)


def _year_check(wizard: Wizard) -> Check:
    closing = wizard.closing
    if closing.today.year <= closing.year:
        return Check(False, _("%(year)s is not over yet", year=closing.year), holds=True)
    if not wizard.lists.size.people:
        said = _("Nobody has an approved record in %(year)s", year=closing.year)
        return Check(False, said, holds=True)
    return Check(True, _("%(year)s is over", year=closing.year))


def _open_checks(wizard: Wizard) -> list[Check]:
    waiting, year = wizard.unsettled, wizard.closing.year
    is_notice = wizard.stage == NOTICE
    return [
        _open(
            wizard,
            waiting.records,
            "records",
            _("All hours of %(year)s are decided", year=year),
            ngettext(
                "%(num)s record waits for approval", "%(num)s records wait for approval",
                waiting.records,
            ),
        ),
        _open(
            wizard,
            waiting.activities,
            "activities",
            _("All activities are closed"),
            ngettext(
                "%(num)s activity is not closed", "%(num)s activities are not closed",
                waiting.activities,
            ),
        ),
        _open(
            wizard,
            waiting.disputes,
            "disputes",
            _("No dispute is open"),
            ngettext("%(num)s dispute is open", "%(num)s disputes are open", waiting.disputes),
            holds=is_notice,
        ),
        *(_objections(wizard) if is_notice else []),
    ]  # fmt: skip


def _open(
    wizard: Wizard, count: int, show: str, settled: str, left: str, *, holds: bool = False
) -> Check:
    if not count:
        return Check(True, settled)
    url = url_for("awards.unsettled_things", show=show, **wizard.closing.address)
    return Check(False, left, url, holds)


def _objections(wizard: Wizard) -> list[Check]:
    closing, waiting = wizard.closing, wizard.unsettled
    url = f"/awards/{closing.code}/{closing.year}/objections"
    return [_open_objections(waiting.objections, url), *_upheld(waiting.upheld, url)]


def _open_objections(count: int, url: str) -> Check:
    if not count:
        return Check(True, _("No objection is open"), url)
    said = ngettext("%(num)s objection has no answer", "%(num)s objections have no answer", count)
    return Check(False, str(said), url, holds=True)


def _upheld(count: int, url: str) -> list[Check]:
    """Return what was promised to whoever objected; the record may need no other list."""
    if not count:
        return []
    said = ngettext(
        "%(num)s objection was upheld and the list not corrected since",
        "%(num)s objections were upheld and the list not corrected since",
        count,
    )
    return [Check(False, str(said), url)]


def _notice_check(wizard: Wizard) -> Check:
    standing = wizard.standing
    assert standing is not None
    until = day(standing.until_on, with_year=True)
    if wizard.is_over:
        return Check(True, _("The notice ended on %(until)s", until=until))
    return Check(False, _("The notice lasts to the end of %(until)s", until=until), holds=True)


# ── what came after the notice ────────────────────────────────────────────────────────────


def changes_of(wizard: Wizard) -> list[Change]:
    """Return whose figures changed since the freeze, and why."""
    return [_change(wizard, place) for place in wizard.lists.changed[:MOST_CHANGES]]


def _change(wizard: Wizard, place: Place) -> Change:
    person = wizard.lists.people.get(place.volunteer_id)
    return Change(
        place.volunteer_id,
        person.name if person else place.number,
        [(_later(one), one.record_id) for one in wizard.lists.after.get(place.volunteer_id, [])],
        ranks_of(place),
        change_of(place.now, place.before)[1],
    )


def ranks_of(place: Place) -> str:
    """Say an old and a new rank."""
    if place.now is None:
        return str(_("No longer in the list"))
    if place.before is None:
        return str(_("New: no. %(rank)s", rank=place.now.rank))
    if place.now.rank == place.before.rank:
        return str(_("Rank unchanged"))
    return str(_("No. %(old)s → %(new)s", old=place.before.rank, new=place.now.rank))


def _later(one: LaterRecord) -> str:
    figures = {"day": day(one.service_on), "hours": hours(one.minutes)}
    if one.is_taken_back:
        return str(_("%(day)s, %(hours)s hours: taken back", **figures))
    return str(
        _(
            "%(day)s, %(hours)s hours: approved by %(name)s, %(at)s",
            name=one.by,
            at=instant(one.at),
            **figures,
        )
    )


# ── what was decided ──────────────────────────────────────────────────────────────────────


def what_of(asked_for: str) -> str:
    """Return what somebody asks for, in a word."""
    words = {
        "notice": _("Public notice"),
        "correction": _("Correction"),
        "final": _("Final list"),
    }
    return str(words[asked_for])


def decisions_of(wizard: Wizard) -> list[Decision]:
    """Return everything that was decided about the year, newest first."""
    found = [_decision(one) for one in wizard.freezes if one.state != "asked"]
    found += [
        Decision(
            _("Notice extended to %(until)s", until=day(one.until_on, with_year=True)),
            (_("Done"), "ok", "check"),
            False,
            [(_("By"), _by(one.by, one.at)), (_("Reason"), one.reason)],
            one.at,
        )
        for one in wizard.extensions
    ]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _decision(one: Freeze) -> Decision:
    tags = {
        "done": (_("Done"), "ok", "check"),
        "refused": (_("Not confirmed"), "error", "cross"),
        "withdrawn": (_("Withdrawn"), "", "undo"),
    }
    facts = [(_("Asked by"), _by(one.asker, one.asked_at))]
    if one.reason:
        facts.append((_("Reason"), one.reason))
    answered = _by(one.second or one.asker, one.answered_at)
    if one.is_alone:
        facts += [(_("Done by"), answered), (_("Why alone"), one.answer)]
    elif one.state == "done":
        facts.append((_("Confirmed by"), answered))
    elif one.state == "refused":
        facts += [(_("Refused by"), answered), (_("Why it was refused"), one.answer)]
    return Decision(what_of(one.asked_for), tags[one.state], one.is_alone, facts, one.answered_at)


def _by(name: str, at: Any) -> str:
    return str(_("%(name)s, %(at)s", name=name, at=instant(at)))


def about(wizard: Wizard) -> str:
    """Return the line below the heading: year, people, hours."""
    size = wizard.lists.size
    return str(
        _(
            "%(year)s: %(people)s people, %(hours)s hours",
            year=wizard.closing.year,
            people=number(size.people),
            hours=hours(size.minutes),
        )
    )
