"""A small community for the tests of service: two teams, their leaders, an organiser above."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.db import transaction
from app.ledger.operations import open_accounts
from app.ledger.queries import balances_of
from app.organisations.models import Organisation, Setting
from app.people.models import Login, Volunteer
from app.points.operations import create_first_rule_version
from app.service.operations import Line, Outcome, log_day
from app.service.operations.days import DayResult
from app.teams.models import Colour, Membership, Team, TeamPlacement
from app.teams.rules import Actor

# A Tuesday; 28 January 2026 is a Wednesday, 28 March 2026 a Saturday.
NOW = datetime(2026, 2, 3, 9, 0, tzinfo=UTC)
SERVICE_DAY = date(2026, 1, 28)
ORDINARY_DAY = date(2026, 1, 27)
NAMES = ("立春", "雨水", "惊蛰", "春分", "清明", "谷雨", "立夏", "小满")


@dataclass
class Community:
    """Ids of what was made, and actors to act with."""

    root_id: int
    estate_id: int
    red_id: int
    green_id: int
    volunteers: list[int]
    actors: dict[str, Actor]
    keys: int = field(default=0)

    def actor(self, name: str) -> Actor:
        return self.actors[name]

    def fresh_key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    def line(self, person: int = 0, minutes: int = 120, **more: Any) -> Line:
        given = {"team_id": self.red_id, "service_on": ORDINARY_DAY, "content": "清扫", **more}
        return Line(volunteer_id=self.volunteers[person], minutes=minutes, **given)

    def log(self, *lines: Line, by: str = "leader", now: datetime = NOW, **more: Any) -> DayResult:
        """Log lines in a transaction of their own."""
        with transaction() as session:
            return log_day(
                session,
                actor=self.actor(by),
                team_id=lines[0].team_id,
                service_on=lines[0].service_on,
                lines=lines,
                now=now,
                key=more.pop("key", None) or self.fresh_key(),
                **{"enters_as": "organiser" if by.startswith("organiser") else "leader", **more},
            )

    def logged(self, line: Line, **more: Any) -> Outcome:
        """Log one line and return what became of it."""
        return self.log(line, **more).outcomes[0]


def make_community(
    session: Session, *, people: int = 8, code: str = "TX", **settings: str
) -> Community:
    """Make the community in a transaction of its own."""
    with transaction():
        root = _add(session, Organisation(code=code, name="涂新社区", created_at=NOW))
        estate = _add(
            session,
            Organisation(code=f"{code}1", name="一小区", parent_id=root.id, created_at=NOW),
        )
        for key, value in settings.items():
            _add(session, Setting(organisation_id=root.id, key=key, value=value))
        colours = [
            _add(
                session,
                Colour(
                    organisation_id=root.id,
                    key=key,
                    name=key,
                    glyph="●",
                    hex="#888888",
                    position=i,
                ),
            )
            for i, key in enumerate(("red", "green"))
        ]
        teams = [
            _team(session, root.id, colours[0].id, f"{code}-red"),
            _team(session, estate.id, colours[1].id, f"{code}-green"),
        ]
        volunteers = [_volunteer(session, root.id, i, code).id for i in range(people)]
        open_accounts(session, root_id=root.id, holder_ids=volunteers)
        # Nobody beyond the sixth is a member; the first two lead red, the third green.
        for i, volunteer_id in enumerate(volunteers[:6]):
            for team in teams:
                leads = (i < 2) if team is teams[0] else (i == 2)
                _add(
                    session,
                    Membership(
                        team_id=team.id,
                        volunteer_id=volunteer_id,
                        role="leader" if leads else "member",
                        from_on=date(2025, 1, 1),
                    ),
                )
        actors = _actors(session, volunteers, teams, root.id, estate.id, code)
        create_first_rule_version(session, root.id, actors["organiser"].login_id, NOW)
        return Community(root.id, estate.id, teams[0].id, teams[1].id, volunteers, actors)


def _actors(
    session: Session,
    volunteers: list[int],
    teams: list[Team],
    root_id: int,
    estate_id: int,
    code: str,
) -> dict[str, Actor]:
    everything = frozenset({root_id, estate_id})
    red, green = (frozenset({team.id}) for team in teams)

    def login(name: str, volunteer_id: int | None) -> int:
        row = Login(
            name=f"{code}.{name}", display_name=name, volunteer_id=volunteer_id, created_at=NOW
        )
        return int(_add(session, row).id)

    def actor(name: str, person: int | None, **rights: Any) -> Actor:
        volunteer_id = None if person is None else volunteers[person]
        return Actor(login(name, volunteer_id), volunteer_id, name, **rights)

    return {
        "leader": actor("leader", 0, leads=red),
        "co_leader": actor("co_leader", 1, leads=red),
        "green_leader": actor("green_leader", 2, leads=green),
        "volunteer": actor("volunteer", 3),
        "organiser": actor("organiser", None, organises=everything),
        "organiser_below": actor("organiser_below", None, organises=frozenset({estate_id})),
        "organiser_too": actor("organiser_too", 4, organises=everything),
    }


def _team(session: Session, organisation_id: int, colour_id: int, code: str) -> Team:
    team = _add(
        session, Team(organisation_id=organisation_id, colour_id=colour_id, code=code, name=code)
    )
    placed = {"organisation_id": organisation_id, "colour_id": colour_id}
    _add(session, TeamPlacement(team_id=team.id, from_on=date(1900, 1, 1), **placed))
    return team


def _volunteer(session: Session, organisation_id: int, i: int, code: str) -> Volunteer:
    name = NAMES[i % len(NAMES)]
    return _add(
        session,
        Volunteer(
            organisation_id=organisation_id,
            number=f"{code}{i + 1:05}",
            name=name,
            name_keys="",
            kind="resident",
            state="active",
            is_named=False,
            created_at=NOW,
        ),
    )


def _add(session: Session, row: Any) -> Any:
    session.add(row)
    session.flush()
    return row


def state_of(session: Session, record_id: int) -> str:
    session.rollback()
    query = text("SELECT state FROM service_records WHERE id = :id")
    return str(session.execute(query, {"id": record_id}).scalar_one())


def balances(session: Session, volunteer_id: int) -> tuple[int, int]:
    session.rollback()
    held = balances_of(session, volunteer_id)
    return held.minutes, held.points_hundredths


KEPT = """
SELECT volunteer_id, year, team_id, organisation_id, colour_id,
  records, minutes, points_hundredths, dates, service_days
FROM service_totals
"""
RECOMPUTED = """
SELECT volunteer_id, {year}, team_id, organisation_id, colour_id, count(*), sum(minutes),
  sum(points_hundredths), count(DISTINCT service_on),
  count(DISTINCT CASE WHEN is_service_day THEN service_on END)
FROM service_records WHERE state = 'approved'
GROUP BY volunteer_id, {year}, team_id, organisation_id, colour_id
"""
YEAR = {
    "sqlite": "CAST(substr(service_on, 1, 4) AS INTEGER)",
    "postgresql": "CAST(extract(year FROM service_on) AS integer)",
}


STANDINGS = """
SELECT volunteer_id, year, organisation_id, colour_id,
  records, minutes, points_hundredths, dates, service_days
FROM standings
"""
RECOUNTED = """
WITH RECURSIVE below (scope_id, id) AS (
  SELECT id, id FROM organisations
  UNION ALL
  SELECT b.scope_id, o.id FROM below b JOIN organisations o ON o.parent_id = b.id
)
SELECT volunteer_id, {year}, b.scope_id, {colour}, count(*), sum(minutes),
  sum(points_hundredths), count(DISTINCT service_on),
  count(DISTINCT CASE WHEN is_service_day THEN service_on END)
FROM service_records s JOIN below b ON b.id = s.organisation_id WHERE state = 'approved'
GROUP BY volunteer_id, {year}, b.scope_id {grouped}
"""


def whole_rows(session: Session, query: str) -> list[tuple[int, ...]]:
    return [tuple(map(int, row)) for row in session.execute(text(query))]


DAYS = """
SELECT organisation_id, CAST(service_on AS text), team_id, colour_id, records, minutes
FROM day_totals ORDER BY 1, 2, 3, 4
"""
RESUMMED = """
SELECT organisation_id, CAST(service_on AS text), team_id, colour_id, count(*),
  CAST(sum(minutes) AS bigint)
FROM service_records WHERE state = 'approved' GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def rows_of(session: Session, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.execute(text(query))]


def check_books(session: Session) -> None:
    """Check what holds after every step: totals, awards, balances (I-02, I-07, I-25)."""
    session.rollback()
    year = YEAR[session.get_bind().dialect.name]
    again = whole_rows(session, RECOMPUTED.format(year=year))
    assert sorted(whole_rows(session, KEPT)) == sorted(again)
    recounted = whole_rows(session, RECOUNTED.format(year=year, colour="0", grouped=""))
    recounted += whole_rows(
        session, RECOUNTED.format(year=year, colour="colour_id", grouped=", colour_id")
    )
    assert sorted(whole_rows(session, STANDINGS)) == sorted(recounted)
    assert rows_of(session, DAYS) == rows_of(session, RESUMMED)
    live = text(
        "SELECT count(*) FROM service_records r LEFT JOIN entries e ON e.id = r.award_entry_id "
        "LEFT JOIN entries x ON x.reverses_id = e.id "
        "WHERE (r.state = 'approved') <> (e.id IS NOT NULL AND x.id IS NULL)"
    )
    assert session.execute(live).scalar_one() == 0
    drifted = text(
        "SELECT count(*) FROM accounts a WHERE balance IS NOT NULL AND balance <> "
        "(SELECT coalesce(sum(amount), 0) FROM postings p WHERE p.account_id = a.id)"
    )
    assert session.execute(drifted).scalar_one() == 0
    session.rollback()
