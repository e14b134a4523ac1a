"""The demo's last calendar year, closed by two people: notice, final list, certificates."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from app.certificates.operations.awarding import issue_awards
from app.db import db, transaction
from app.demo.calendar import ZONE
from app.ranking.operations import ask_final, ask_notice, confirm, save_scheme, to_carry_out
from app.ranking.queries import years_of
from app.ranking.queries.awards import AwardRow
from app.ranking.queries.snapshots import latest_snapshot
from app.ranking.rules.schemes import Scheme, Title
from app.teams.queries import actor_of
from app.teams.rules import Actor

if TYPE_CHECKING:
    from app.demo.operations import Cast

# The community began late in that year, so few hours were possible.
SCHEME = Scheme(
    weights=None,
    minimum_minutes=5 * 60,
    member_since=None,
    titles_per_person=1,
    titles=(
        Title("overall", 3, "志愿先锋"),
        Title("colour", 1, "队伍之星"),
        Title("team", 1, "年度优秀队伍"),
    ),
    exclusions={},
)
ASKED_ON = (1, 5)
CLOSED_BY = (1, 20)


def close_last_year(cast: Cast, now: datetime, secret: str) -> None:
    """Close the calendar year before, once its notice can be over; each step in its own commit."""
    year = now.astimezone(ZONE).year - 1
    asked_at = datetime.combine(date(year + 1, *ASKED_ON), time(10), ZONE)
    final_at = datetime.combine(date(year + 1, *CLOSED_BY), time(10), ZONE)
    if final_at >= now or year not in years_of(db.session(), [cast.organisation_id]):
        return
    organiser, auditor = cast.organiser, _auditor(cast, asked_at)
    with transaction() as session:
        save_scheme(
            session,
            cast.organisation_id,
            year,
            SCHEME,
            actor=organiser,
            now=asked_at,
            key="demo-scheme",
        )
    _by_two(ask_notice, "notice", cast, year, organiser, auditor, asked_at)
    snapshot = latest_snapshot(db.session(), cast.organisation_id, year)
    assert snapshot is not None, "frozen just now"
    if final_at.date() > snapshot.until_on:
        _by_two(ask_final, "final", cast, year, organiser, auditor, final_at)
        with transaction() as session:
            issue_awards(
                session,
                cast.organisation_id,
                year,
                titled=_titled,
                actor=organiser,
                now=final_at + timedelta(hours=3),
                key="demo-certificates",
                secret=secret,
            )


def _titled(row: AwardRow, colour_names: dict[int, str]) -> str:
    return f"{colour_names[row.colour_id]}·{row.title}" if row.colour_id else row.title


def _by_two(
    ask: Callable[..., int],
    asked_for: str,
    cast: Cast,
    year: int,
    organiser: Actor,
    auditor: Actor,
    at: datetime,
) -> None:
    """Let the organiser ask, and the auditor confirm on the same day."""
    with transaction() as session:
        freeze_id = ask(
            session,
            cast.organisation_id,
            year,
            actor=organiser,
            now=at,
            key=f"demo-ask-{asked_for}",
        )
    with to_carry_out(asked_for) as session:
        later = at + timedelta(hours=2)
        confirm(session, freeze_id, actor=auditor, now=later, key=f"demo-confirm-{asked_for}")


def _auditor(cast: Cast, at: datetime) -> Actor:
    found = actor_of(db.session(), cast.auditor_login_id, at.date())
    db.session.rollback()
    return found
