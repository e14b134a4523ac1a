"""Read from the shell: one person's passbook, a year's ranking. Both see one state of the books."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

import click
from flask import Flask
from flask.cli import with_appcontext
from flask_babel import gettext as _
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.clock import now
from app.commands.arguments import AN_ID
from app.commands.columns import aligned
from app.commands.frozen import frozen_of, show_frozen, verify_frozen
from app.db import snapshot
from app.errors import RuleBroken
from app.ledger.queries import last_entry_id
from app.passbook.explanation import sentence_of
from app.passbook.giving import passbook_object
from app.passbook.queries import (
    Line,
    Owner,
    Summary,
    find_owner,
    history_of,
    settings_for,
    summary_of,
)
from app.people.rules.names import typed_number
from app.points.rules import format_hundredths
from app.ranking.queries import Scope, preview, scope_of
from app.ranking.rules import Row, canonical_csv, sha256_of
from app.web.filters import hours
from app.web.policy import allow
from app.web.saying import say

CANNOT = 2


def register(app: Flask) -> None:
    """Add the commands to `flask`."""
    app.cli.add_command(passbook_command)
    app.cli.add_command(rank_command)


# ── passbook ──────────────────────────────────────────────────────────────────────────────


@click.command("passbook")
@click.argument("volunteer_no")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_appcontext
@allow("passbook.read")
def passbook_command(volunteer_no: str, as_json: bool) -> None:
    """Both accounts, served minutes, stars, every line with its sentence."""
    with _books() as session:
        owner = find_owner(session, typed_number(volunteer_no))
        if owner is None:
            _cannot(_("There is no volunteer %(number)s.", number=volunteer_no))
        settings = settings_for(session, owner)
        summary = summary_of(session, owner.id, settings, now())
        lines = history_of(session, owner.id, settings.time_zone)[::-1]
    if as_json:
        click.echo(json.dumps(passbook_object(owner, summary, lines), ensure_ascii=False))
    else:
        _print_passbook(owner, summary, lines)


def _print_passbook(owner: Owner, summary: Summary, lines: list[Line]) -> None:
    click.echo(f"{owner.name}  {owner.number}  {owner.organisation_name}")
    click.echo(
        _(
            "Served %(hours)s h, %(points)s points to use, time account %(time)s h,"
            " %(stars)s stars",
            hours=hours(summary.served_minutes),
            points=format_hundredths(summary.points_hundredths),
            time=hours(summary.time_minutes),
            stars=summary.stars.level,
        )
    )
    if summary.before_minutes:
        before = hours(summary.before_minutes)
        click.echo(_("of which %(hours)s hours before Qicai", hours=before))
    for line in lines:
        points = format_hundredths(line.points_hundredths)
        figures = f"{hours(line.minutes):>6} h {points:>8}"
        click.echo(f"{line.entry_id:>8}  {line.on:%Y-%m-%d}  {figures}  {sentence_of(line, _)}")


# ── ranking ───────────────────────────────────────────────────────────────────────────────


@click.command("rank")
@click.argument("year", type=int)
@click.option("--org", "organisation_code", required=True, metavar="CODE", help="organisation")
@click.option("--colour", "colour_key", metavar="KEY", help="only what was served in this colour")
@click.option("--team", "team_code", metavar="CODE", help="only what was served with this team")
@click.option("--snapshot", "snapshot_id", type=AN_ID, metavar="ID", help="a list as it was frozen")
@click.option("--verify", "verifies", is_flag=True, help="make the snapshot anew and compare bytes")
@click.option("--csv", "as_csv", is_flag=True, help="print the canonical CSV that is hashed")
@click.option("--json", "as_json", is_flag=True, help="print one JSON object")
@with_appcontext
@allow("ranking.preview")
def rank_command(
    year: int,
    organisation_code: str,
    colour_key: str | None,
    team_code: str | None,
    snapshot_id: int | None,
    verifies: bool,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Everyone with a record in the year, in the default order, as the ledger stands now.

    With --snapshot the list that was frozen; --verify makes it anew from the ledger up to its
    mark: 0 when the bytes are the same, 1 when they differ, 2 when there is no such list.
    """
    if (colour_key and team_code) or (as_csv and as_json):
        _cannot(_("Choose one of --colour and --team, and one of --csv and --json."))
    form = "csv" if as_csv else "json" if as_json else "text"
    if verifies and (snapshot_id is None or as_csv):
        _cannot(_("--verify goes with --snapshot, and prints no CSV."))
    if snapshot_id is not None:
        if colour_key or team_code:
            _cannot(_("A snapshot is printed whole: leave out --colour and --team."))
        _rank_frozen(year, organisation_code, snapshot_id, form, verifies=verifies)
        return
    try:
        with _books() as session:
            scope = scope_of(
                session, year, organisation_code, colour_key=colour_key, team_code=team_code
            )
            places, mark = preview(session, scope), last_entry_id(session)
    except RuleBroken as refusal:
        _cannot(say(refusal))
    csv = canonical_csv(places)
    if as_csv:
        # Bytes: no line end is translated on the way out.
        click.echo(csv, nl=False)
    elif as_json:
        click.echo(json.dumps(_ranking(scope, mark, csv, places), ensure_ascii=False))
    else:
        _print_ranking(scope, mark, csv, places)


def _rank_frozen(year: int, code: str, snapshot_id: int, form: str, *, verifies: bool) -> None:
    try:
        with _books() as session:
            scope = scope_of(session, year, code)
            kept = frozen_of(session, scope, snapshot_id)
            if verifies:
                verify_frozen(session, kept, form)
            else:
                show_frozen(session, scope, kept, form)
    except RuleBroken as refusal:
        _cannot(say(refusal))


def _ranking(scope: Scope, mark: int, csv: bytes, places: list[tuple[int, Row]]) -> dict[str, Any]:
    return {
        "year": scope.year,
        "org": scope.organisation_code,
        "mark": mark,
        "sha256": sha256_of(csv),
        "rows": [
            {
                "rank": rank,
                "volunteer_no": row.volunteer_no,
                "name": row.name,
                "minutes": row.minutes,
                "dates": row.dates,
                "service_days": row.service_days,
                "points": format_hundredths(row.points_hundredths),
            }
            for rank, row in places
        ],
    }


def _print_ranking(scope: Scope, mark: int, csv: bytes, places: list[tuple[int, Row]]) -> None:
    narrowed = scope.team.name if scope.team else scope.colour.name if scope.colour else ""
    click.echo(f"{scope.year}  {scope.organisation_name}  {narrowed}".rstrip())
    heads = (
        _("Rank"),
        _("Number"),
        _("Name"),
        _("Minutes"),
        _("Dates"),
        _("Service days"),
        _("Points"),
    )
    rows = [
        (
            str(rank),
            row.volunteer_no,
            row.name,
            str(row.minutes),
            str(row.dates),
            str(row.service_days),
            format_hundredths(row.points_hundredths),
        )
        for rank, row in places
    ]
    for line in aligned(heads, rows, left={1, 2}):
        click.echo(line)
    click.echo(_("Mark %(mark)s, SHA-256 %(sha256)s", mark=mark, sha256=sha256_of(csv)))


@contextmanager
def _books() -> Iterator[Session]:
    """Read one state of the books; say plainly when there are none."""
    try:
        with snapshot() as session:
            yield session
    except (OperationalError, ProgrammingError) as error:
        _cannot(
            _(
                "The database could not be read (%(error)s). Is it made? flask init",
                error=error.orig,
            )
        )


def _cannot(reason: str) -> NoReturn:
    click.echo(reason, err=True)
    raise SystemExit(CANNOT)
