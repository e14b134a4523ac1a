"""A frozen ranking from the shell: as it is kept, and made anew from the ledger beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import unified_diff
from itertools import islice
from typing import Any

import click
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.commands.columns import aligned
from app.errors import N_, NotFound
from app.points.rules import format_hundredths
from app.ranking.queries.awards import AwardRow, awards_shown
from app.ranking.queries.lists import frozen_rankings
from app.ranking.queries.scopes import Scope
from app.ranking.queries.snapshots import Snapshot, find_snapshot
from app.ranking.queries.verifying import Verification, kept_csv, verified
from app.ranking.rules import sha256_of
from app.ranking.rules.awarding import Candidate

DIFFERS = 1
LINES_SHOWN = 20
LISTS = {
    "people": N_("the list of everyone"),
    "colours": N_("the lists of the colours"),
    "teams": N_("the list of the teams"),
    "awards": N_("the titles"),
}


class SnapshotUnknown(NotFound):
    """There is no such frozen ranking of this organisation and year."""

    code = "snapshot_unknown"
    message = N_("%(organisation)s has no frozen ranking %(snapshot)s of %(year)s.")


def frozen_of(session: Session, scope: Scope, snapshot_id: int) -> Snapshot:
    """Return a frozen ranking of the organisation and year that were asked for."""
    found = find_snapshot(session, snapshot_id)
    if found is None or (found.organisation_id, found.year) != (scope.organisation_id, scope.year):
        raise SnapshotUnknown(
            organisation=scope.organisation_name, snapshot=snapshot_id, year=scope.year
        )
    return found


# ── as it is kept ─────────────────────────────────────────────────────────────────────────


def show_frozen(session: Session, scope: Scope, kept: Snapshot, form: str) -> None:
    """Print a frozen ranking: the bytes that were hashed, one JSON object, or a table."""
    if form == "csv":
        # Bytes: no line end is translated on the way out.
        click.echo(kept_csv(session, kept), nl=False)
        return
    rows = frozen_rankings(session, kept.id, kept.year).everyone
    awards = awards_shown(session, kept.id)
    if form == "json":
        click.echo(json.dumps(_as_json(scope, kept, rows, awards), ensure_ascii=False))
        return
    click.echo(f"{kept.year}  {scope.organisation_name}  #{kept.number}")
    heads = (_("Rank"), _("Number"), _("Minutes"), _("Dates"), _("Service days"), _("Points"))
    for line in aligned(heads, [_cells(one) for one in rows], left={1}):
        click.echo(line)
    for award in awards:
        click.echo(f"{award.rank:>4}  {award.volunteer_no or award.team_name}  {award.title}")
    click.echo(_("Mark %(mark)s, SHA-256 %(sha256)s", mark=kept.mark, sha256=kept.sha256))


def _as_json(scope: Scope, kept: Snapshot, rows: Any, awards: list[AwardRow]) -> dict[str, Any]:
    return {
        "year": kept.year,
        "org": scope.organisation_code,
        "snapshot": kept.id,
        "number": kept.number,
        "corrects": kept.corrects_id,
        "final": kept.final_at is not None,
        "mark": kept.mark,
        "sha256": kept.sha256,
        "rows": [_row(one) for one in rows],
        "awards": [_award(one) for one in awards],
    }


def _row(one: Candidate) -> dict[str, Any]:
    return {
        "rank": one.rank,
        "volunteer_no": one.number,
        "minutes": one.minutes,
        "dates": one.dates,
        "service_days": one.service_days,
        "points": format_hundredths(one.points_hundredths),
    }


def _award(one: AwardRow) -> dict[str, Any]:
    return {
        "title": one.title,
        "category": one.category,
        "rank": one.rank,
        "tied": one.is_tied,
        "volunteer_no": one.volunteer_no,
        "team": one.team_name,
        "minutes": one.minutes,
    }


def _cells(one: Candidate) -> tuple[str, ...]:
    return tuple(str(value) for value in _row(one).values())


# ── made anew ─────────────────────────────────────────────────────────────────────────────


def verify_frozen(session: Session, kept: Snapshot, form: str) -> None:
    """Make a frozen ranking anew from the ledger up to its mark; leave with 1 when it differs."""
    made = verified(session, kept)
    if form == "json":
        click.echo(json.dumps(_verification(kept, made)))
    else:
        _tell(kept, made)
    if not made.holds:
        raise SystemExit(DIFFERS)


def _verification(kept: Snapshot, made: Verification) -> dict[str, Any]:
    return {
        "snapshot": kept.id,
        "mark": kept.mark,
        "same": made.holds,
        "differs": list(made.differs),
        "sha256": kept.sha256,
        "recomputed_sha256": sha256_of(made.recounted),
    }


def _tell(kept: Snapshot, made: Verification) -> None:
    if made.holds:
        click.echo(_("The ledger gives the same bytes up to mark %(mark)s.", mark=kept.mark))
    for name in made.differs:
        source, _dot, lists = name.partition(".")
        if source == "rows":
            click.echo(
                _("%(list)s: the rows are not those that were frozen.", list=_(LISTS[lists]))
            )
        else:
            click.echo(_("%(list)s: the ledger gives other figures.", list=_(LISTS[lists])))
    for line in islice(_first_differences(made), LINES_SHOWN):
        click.echo(line)
    click.echo(f"SHA-256 {kept.sha256}")


def _first_differences(made: Verification) -> Iterator[str]:
    """Yield the lines of the list that differ: - as it is kept, + as the ledger gives it."""
    if made.kept == made.recounted:
        return
    kept, anew = (each.decode().splitlines() for each in (made.kept, made.recounted))
    # Lines that stand in both are left out first: the rest of a long list is soon compared.
    in_both = set(kept) & set(anew)
    ours, ledgers = ([line for line in each if line not in in_both] for each in (kept, anew))
    lines = islice(unified_diff(ours, ledgers, lineterm="", n=0), 2, None)
    yield from (line for line in lines if not line.startswith("@@"))
