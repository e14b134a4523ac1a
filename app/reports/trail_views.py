"""The trail of what was done: by whom, about whom, from what to what; and as a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.clock import now
from app.db import db, transaction
from app.organisations.queries import forest
from app.people.queries import without_full_phone
from app.people.step_up import asks_again
from app.reports.trail_exporting import note_trail_export
from app.reports.trail_queries import (
    Question,
    actors_called,
    lines_of,
    names_in,
    people_called,
    with_formers,
)
from app.reports.trail_showing import Shown, shown
from app.reports.trail_words import KINDS, SUBJECTS
from app.sheets.cells import Cell
from app.sheets.writing import XLSX, write_csv, write_xlsx
from app.teams.access import read_scope
from app.teams.rules import Actor
from app.trail.queries import TrailLine
from app.web.actor import current_actor
from app.web.languages import chosen_zone
from app.web.pagination import url_with
from app.web.policy import allow, not_found

blueprint = Blueprint("trail_desk", __name__, url_prefix="/admin/trail")

PAGE = 50
# More rows than anybody reads; a narrower question gives the rest.
MOST_IN_A_SHEET = 20_000
LONGEST_WORD = 40
BIGGEST_DIGITS = 18
ARGUMENTS = ("kind", "from", "until", "person", "actor", "subject", "org")


class Asked(NamedTuple):
    """What the address asks for, and how it is said above the list."""

    question: Question
    typed: dict[str, str]
    # Nobody bears the name: then nothing is shown instead of everything.
    nobody: bool


@blueprint.get("")
@allow("trail.read")
def rows() -> str:
    """List what was done in the desk's organisations, newest first."""
    session, actor = db.session(), current_actor()
    asked = _asked(actor)
    before_id = _id(request.args.get("before", ""))
    found = _found(asked, before_id, PAGE + 1)
    page = found[:PAGE]
    names = names_in(session, page)
    return render_template(
        "reports/trail.html",
        rows=[shown(line, names) for line in page],
        typed=asked.typed,
        kinds=[("", _("Everything")), *((key, _(name)) for key, (name, _ops) in KINDS.items())],
        organisations=_organisations(actor),
        older_url=url_with({"before": page[-1].id}) if len(found) > PAGE else None,
        newest_url=url_with({"before": None}) if before_id is not None else None,
        most_in_a_sheet=MOST_IN_A_SHEET,
        is_narrowed=any(asked.typed.values()),
        sheet_url=f"{url_for('.sheet')}?{urlencode(_said(asked))}",
    )


@blueprint.post("/sheet")
@allow("trail.read")
@asks_again
def sheet() -> ResponseReturnValue:
    """Hand the rows out as a sheet, and say so in the trail: hence a POST."""
    actor = current_actor()
    asked, kind = _asked(actor), request.form.get("kind", "xlsx")
    if kind not in ("xlsx", "csv"):
        not_found()
    found = _found(asked, None, MOST_IN_A_SHEET)
    names = names_in(db.session(), found)
    rows = [shown(line, names) for line in found]
    with transaction() as session:
        note_trail_export(
            session,
            organisation_id=min(asked.question.organisation_ids or (), default=None),
            asked=asked.typed,
            rows=len(rows),
            actor=actor,
            now=now(),
        )
    header = [
        _("No."), _("When"), _("What"), _("By"), _("On behalf of"), _("About"),
        _("Organisation"), _("From what to what"), _("Reason"), _("Request"),
    ]  # fmt: skip
    cells = list(_cells(rows))
    body = write_csv(header, cells) if kind == "csv" else write_xlsx(header, cells)
    answer = Response(body, mimetype="text/csv" if kind == "csv" else XLSX)
    answer.headers.set("Content-Disposition", "attachment", filename=f"trail.{kind}")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _said(asked: Asked) -> dict[str, str]:
    return {key: value for key, value in asked.typed.items() if value}


def _found(asked: Asked, before_id: int | None, limit: int) -> list[TrailLine]:
    if asked.nobody:
        return []
    return lines_of(db.session(), asked.question, before_id=before_id, limit=limit)


def _cells(rows: list[Shown]) -> Iterator[list[Cell | None]]:
    for row in rows:
        changes = "\n".join(f"{one.field}: {one.before} → {one.after}" for one in row.changes)
        yield [
            row.id, row.at, row.what, row.by, row.on_behalf_of or None, row.about,
            row.organisation or None, changes or None, row.reason or None, row.request_id or None,
        ]  # fmt: skip


# ── what is asked ─────────────────────────────────────────────────────────────────────────


def _asked(actor: Actor) -> Asked:
    session, scope = db.session(), _scope(actor)
    typed = {key: request.args.get(key, "").strip()[:LONGEST_WORD] for key in ARGUMENTS}
    typed["person"] = without_full_phone(typed["person"])
    people = people_called(session, scope, typed["person"]) if typed["person"] else None
    actors = actors_called(session, scope, typed["actor"]) if typed["actor"] else None
    question = Question(
        scope,
        KINDS[typed["kind"]][1] if typed["kind"] in KINDS else None,
        _begins(typed["from"]),
        _begins(typed["until"], timedelta(days=1)),
        None if people is None else with_formers(session, [one.id for one in people]),
        None if actors is None else tuple(actors),
        _subject(typed["subject"]),
        actor.organises | actor.audits,
    )
    return Asked(question, typed, people == [] or actors == [])


def _scope(actor: Actor) -> frozenset[int] | None:
    """Return the organisations asked about; None for an administrator, who reads all of it."""
    reach = read_scope(actor)
    code = request.args.get("org", "")
    if code:
        nodes = forest(db.session(), reach)
        chosen = next((node for node in nodes if node.code == code), None) or not_found()
        return reach & _below(nodes, chosen.id)
    return None if actor.is_admin else reach


def _below(nodes: list[Any], organisation_id: int) -> frozenset[int]:
    found = {organisation_id}
    for node in nodes:
        if node.parent_id in found:
            found.add(node.id)
    return frozenset(found)


def _organisations(actor: Actor) -> list[tuple[str, str]]:
    nodes = forest(db.session(), read_scope(actor))
    if len(nodes) < 2:
        return []
    named = [(node.code, f"{'　' * node.depth}{node.name}") for node in nodes]
    return [("", _("All organisations")), *named]


def _begins(typed: str, later: timedelta = timedelta(0)) -> datetime | None:
    """Return the first instant of a date as it is lived here; what is no date asks for nothing."""
    try:
        on = date.fromisoformat(typed) + later
        return datetime.combine(on, time(), ZoneInfo(chosen_zone())).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _subject(typed: str) -> tuple[str, int] | None:
    kind, _colon, given = typed.partition(":")
    subject_id = _id(given)
    return (kind, subject_id) if kind in SUBJECTS and subject_id is not None else None


def _id(given: str) -> int | None:
    fits = given.isascii() and given.isdigit() and len(given) <= BIGGEST_DIGITS
    return int(given) if fits else None
