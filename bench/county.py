"""A county as large as one likes, by plain bulk SQL: people, teams, records, totals, standings.

A throwaway database: the guards and foreign keys rest while it is filled, for nobody judged
these records; then the guards stand again, and the standings are counted as a move of the tree
counts them.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_migrate import upgrade

from app.config import ROOT
from app.db import db, transaction
from app.guards import install_guards
from app.manifest import FUNCTIONS, GUARDS
from app.organisations.models import Organisation
from app.organisations.queries import subtree_ids
from app.people.models import Role
from app.service.standings import recount_standings
from app.teams.models import Colour, Team, TeamPlacement
from bench.grounds import Ground, on
from bench.measures import raw_connection
from tests.service.community import NOW, Community, make_community

RECORDS_EACH = 20
TEAMS_EACH = 5
PEOPLE_OF_A_COMMUNITY = 1000
COMMUNITIES_OF_A_DISTRICT = 10
YEAR = 2025
# So many records have their entry and four postings too: a million postings at most.
MOST_ENTRIES = 250_000
ROWS_OF_A_BATCH = 50
FIRST_VOLUNTEER = 1001
FIRST_ACCOUNT = 1001
COLOURS = ("red", "orange", "yellow", "green", "cyan", "blue", "purple")


@dataclass(frozen=True)
class County:
    """A filled database: where it is, and whom and what to look at in it."""

    url: str
    engine: str
    people: int
    records: int
    community: Community
    middle_id: int
    recount_seconds: float = 0.0


def prepare(url: str, people: int) -> Community:
    """Migrate and make the tree: communities below districts below the county."""
    with on(url):
        upgrade(directory=str(ROOT / "migrations"))
        community = make_community(db.session(), people=8)
        with transaction() as session:
            login_id = community.actor("organiser").login_id
            given = {"organisation_id": community.root_id, "from_on": date(2020, 1, 1)}
            session.add(Role(login_id=login_id, role="organiser", **given))
            colours = _colours(session, community.root_id)
            for number in range(communities_of(people)):
                if number % COMMUNITIES_OF_A_DISTRICT == 0:
                    district = _organisation(session, f"D{number}", community.root_id)
                _teams(session, _organisation(session, f"C{number}", district), number, colours)
    return community


def communities_of(people: int) -> int:
    """Return how many communities so many people live in."""
    return max(2, people // PEOPLE_OF_A_COMMUNITY)


def _organisation(session: Any, code: str, parent_id: int) -> int:
    made = Organisation(code=code, name=f"{code}社区", parent_id=parent_id, created_at=NOW)
    session.add(made)
    session.flush()
    return int(made.id)


def _colours(session: Any, root_id: int) -> list[int]:
    for place, key in enumerate(COLOURS):
        if key not in ("red", "green"):
            session.add(
                Colour(
                    organisation_id=root_id,
                    key=key,
                    name=key,
                    glyph="●",
                    hex="#888888",
                    position=10 + place,
                )
            )
    session.flush()
    return [each.id for each in session.query(Colour).order_by(Colour.id)]


def _teams(session: Any, organisation_id: int, number: int, colours: list[int]) -> None:
    for place in range(TEAMS_EACH):
        colour_id = colours[(number + place) % len(colours)]
        code, where = f"T{number}-{place}", {"organisation_id": organisation_id}
        team = Team(code=code, name=f"{code}队", colour_id=colour_id, **where)
        session.add(team)
        session.flush()
        placed = {"team_id": team.id, "colour_id": colour_id, "from_on": date(2020, 1, 1)}
        session.add(TeamPlacement(**placed, **where))


# ── the bulk ──────────────────────────────────────────────────────────────────────────────

# In the words of each engine: whole numbers from 0 on, a padded number, a date in the year.
_WORDS = {
    "sqlite": {
        "numbers": "(WITH RECURSIVE g (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM g "
        "WHERE i + 1 < {count}) SELECT i FROM g) g",
        "number": "printf('P%07d', i)",
        "phone": "printf('139%08d', i)",
        "name": "'谷雨' || i % 4000",
        "on": "date('2025-01-01', '+' || d || ' days')",
        "is_28": "substr(x.served_on, 9) = '28'",
        "is_march": "substr(x.served_on, 6, 2) = '03'",
        "yes": "1",
        "no": "0",
        "at": "'2026-02-03 09:00:00.000000'",
        "batch_at": "strftime('%Y-%m-%d %H:%M:%S', '2026-02-03 09:00:00', '+' || {batch} "
        "|| ' seconds') || '.000000'",
    },
    "postgresql": {
        "numbers": "generate_series(0, {count} - 1) AS g(i)",
        "number": "'P' || lpad(i::text, 7, '0')",
        "phone": "'139' || lpad(i::text, 8, '0')",
        "name": "'谷雨' || (i % 4000)::text",
        "on": "date '2025-01-01' + d",
        "is_28": "extract(day FROM x.served_on) = 28",
        "is_march": "extract(month FROM x.served_on) = 3",
        "yes": "true",
        "no": "false",
        "at": "timestamptz '2026-02-03 09:00:00+00'",
        "batch_at": "timestamptz '2026-02-03 09:00:00+00' + {batch} * interval '1 second'",
    },
}
_VOLUNTEERS = """
INSERT INTO volunteers (id, organisation_id, number, phone, name, name_keys, kind, state,
  is_named, created_at)
SELECT {first_volunteer} + i, {first_community} + (i % {communities})
  + (i % {communities}) / {per_district}, {number}, {phone}, {name}, 'guyu gy', 'resident',
  'active', {no}, {at}
FROM {numbers}
"""
# Everybody may sign in, and belongs to one of the teams that their records are of.
_LOGINS = """
INSERT INTO logins (display_name, volunteer_id, is_suspended, created_at)
SELECT '谷雨', {first_volunteer} + i, {no}, {at} FROM {numbers}
"""
_MEMBERSHIPS = """
INSERT INTO memberships (team_id, volunteer_id, role, from_on)
SELECT {first_team} + {teams_each} * (i % {communities}) + (i / {communities}) % {teams_each},
  {first_volunteer} + i, 'member', '2025-01-01'
FROM {numbers}
"""
# Two teams each, now and then one of the next community; two of the dates are one and the same.
_RECORDS = """
INSERT INTO service_records (id, root_id, volunteer_id, team_id, organisation_id, colour_id,
  service_on, minutes, content, evidence, part, state, is_guest, is_service_day,
  is_service_month, earns_points, daily_limit_minutes, points_hundredths, recorder_id,
  recorded_at, approver_id, decided_at, batch_id, award_entry_id)
SELECT x.i + 1, {root}, {first_volunteer} + x.p, t.id, t.organisation_id, t.colour_id,
  x.served_on, x.minutes, '楼道清洁', 'imported', 1, 'approved', {no}, {is_28}, {is_march}, {yes},
  480, x.minutes * 5 / 3, {login}, {decided}, {login}, {decided}, {batch_of}, x.i + 1
FROM (
  SELECT i, p, k, {on} AS served_on, 30 + 30 * ((p * 7 + k * k + p / 11) % 6) AS minutes
  FROM (
    SELECT i, p, k, (k - CASE WHEN k % 7 = 6 THEN 1 ELSE 0 END) * 17 + p % 13 AS d
    FROM (SELECT i, {person} AS p, {turn} AS k FROM {numbers}) a
  ) b
) x
JOIN teams t ON t.id = {first_team} + {teams_each} * (
    (x.p % {communities} + CASE WHEN x.k = 19 AND x.p % 10 = 0 THEN 1 ELSE 0 END) % {communities}
  ) + (x.p / {communities} + CASE WHEN x.k % 3 = 0 THEN 1 ELSE 0 END) % {teams_each}
"""
_TOTALS = """
INSERT INTO service_totals (volunteer_id, year, team_id, organisation_id, colour_id, records,
  minutes, points_hundredths, dates, service_days)
SELECT volunteer_id, {year}, team_id, organisation_id, colour_id, count(*), sum(minutes),
  sum(points_hundredths), count(DISTINCT service_on),
  count(DISTINCT CASE WHEN is_service_day THEN service_on END)
FROM service_records GROUP BY volunteer_id, team_id, organisation_id, colour_id
"""
_DAYS = """
INSERT INTO day_totals (organisation_id, service_on, team_id, colour_id, records, minutes)
SELECT organisation_id, service_on, team_id, colour_id, count(*), sum(minutes)
FROM service_records GROUP BY organisation_id, service_on, team_id, colour_id
"""
_ENTRIES = """
INSERT INTO entries (id, kind, recorded_at, actor_id, idempotency_key, subject_kind, subject_id,
  rule_version_id)
SELECT id, 'service', decided_at, {login}, 'bench-' || batch_id, 'service_record', id,
  (SELECT min(id) FROM rule_versions)
FROM service_records WHERE id <= {entries}
"""
_SYSTEM = """
INSERT INTO accounts (id, root_id, purpose, unit)
VALUES (901, {root}, 'service_issued', 'minutes'), (902, {root}, 'points_issued', 'points')
"""
_ACCOUNTS = """
INSERT INTO accounts (id, root_id, holder_id, purpose, unit, balance)
SELECT {first_account} + i, {root}, {first_volunteer} + i / 2, 'own',
  CASE WHEN i % 2 = 0 THEN 'minutes' ELSE 'points' END, 0
FROM {numbers}
"""
# In the order of the accounts, as the table is clustered by them.
_POSTINGS = """
INSERT INTO postings (account_id, entry_id, amount)
SELECT a.id, s.id, CASE a.unit WHEN 'minutes' THEN s.minutes ELSE s.points_hundredths END
FROM accounts a JOIN service_records s ON s.volunteer_id = a.holder_id
WHERE a.id >= {first_account} AND s.id <= {entries} ORDER BY a.id, s.id
"""
_OPPOSITE = """
INSERT INTO postings (account_id, entry_id, amount)
SELECT {account}, s.id, -s.{figure} FROM service_records s WHERE s.id <= {entries} ORDER BY s.id
"""
_BALANCES = """
UPDATE accounts SET balance = (SELECT coalesce(sum(amount), 0) FROM postings p
  WHERE p.account_id = accounts.id)
WHERE id >= {first_account}
"""

# What an upload of fifty rows leaves beside its records: a batch, its key, its row of the trail.
_BATCHES = (
    """
INSERT INTO batches (id, kind, organisation_id, actor_id, made_at, rows, created, updated,
  duplicates, refused, blank)
SELECT batch_id, 'service', {root}, {login}, min(recorded_at), count(*), count(*), 0, 0, 0, 0
FROM service_records GROUP BY batch_id
""",
    """
INSERT INTO operation_keys (actor_id, key, content_sha256, result, at)
SELECT actor_id, 'bench-' || id, '', '{{}}', made_at FROM batches
""",
    """
INSERT INTO trail (at, operation, actor_id, organisation_id, subject_kind, batch_id, request_id)
SELECT made_at, 'import_service', actor_id, organisation_id, 'batch', id, 'bench' FROM batches
""",
)


def fill(
    ground: Ground,
    url: str,
    community: Community,
    *,
    people: int,
    records: int,
    is_whole: bool = False,
) -> None:
    """Write people, records, entries, postings and totals.

    Whole: every record has its entry, in the order of time and not person by person, and its
    batch with key and trail.
    """
    entries = records if is_whole else min(records, MOST_ENTRIES)
    with raw_connection(url) as connection:
        _rest_guards(connection)
        words = {name: each for name, each in _WORDS[ground.engine].items() if name != "numbers"}
        given = {
            **_figures(connection, community, people, entries),
            **(_in_time(words, people) if is_whole else _by_person(words)),
        }

        def send(statement: str, count: int = 0, **more: object) -> None:
            numbers = _WORDS[ground.engine]["numbers"].format(count=count)
            connection.execute(statement.format(**words, **given, **more, numbers=numbers))

        connection.execute("BEGIN")
        for statement in (_VOLUNTEERS, _LOGINS, _MEMBERSHIPS):
            send(statement, people)
        send(_RECORDS, records)
        send(_TOTALS)
        send(_DAYS)
        send(_ENTRIES)
        for statement in _BATCHES if is_whole else ():
            send(statement)
        send(_SYSTEM)
        send(_ACCOUNTS, 2 * people)
        send(_POSTINGS)
        send(_OPPOSITE, account=901, figure="minutes")
        send(_OPPOSITE, account=902, figure="points_hundredths")
        send(_BALANCES)
        connection.execute("COMMIT")
        if ground.engine == "postgresql":
            connection.execute("SELECT setval('entry_ids', (SELECT max(id) FROM entries))")
            # As if every entry had been reserved: what comes next is recorded no earlier (I-05).
            connection.execute(
                "SELECT setval('entry_instants', (extract(epoch FROM max(recorded_at)) * 1000000)"
                "::bigint) FROM entries"
            )
            for table in ("volunteers", "service_records", "batches", "accounts", "trail"):
                sequence = f"pg_get_serial_sequence('{table}', 'id')"
                last = f"(SELECT max(id) FROM {table})"
                connection.execute(f"SELECT setval({sequence}, {last}) WHERE {last} IS NOT NULL")
            connection.execute("ANALYZE")


def _by_person(words: dict[str, str]) -> dict[str, str]:
    turns = {"person": f"i / {RECORDS_EACH}", "turn": f"i % {RECORDS_EACH}"}
    return {**turns, "decided": words["at"], "batch_of": "NULL"}


def _in_time(words: dict[str, str], people: int) -> dict[str, str]:
    batch = f"(x.i / {ROWS_OF_A_BATCH} + 1)"
    turns = {"person": f"i % {people}", "turn": f"i / {people}"}
    return {**turns, "decided": words["batch_at"].format(batch=batch), "batch_of": batch}


def seal_last(url: str, records: int) -> None:
    """Give the last record its entry, so that a mark stands above every award."""
    with raw_connection(url) as connection:
        _rest_guards(connection)
        connection.execute(
            "INSERT INTO entries (id, kind, recorded_at, actor_id, subject_kind, subject_id, "
            f"rule_version_id) SELECT {records}, kind, recorded_at, actor_id, subject_kind, "
            f"{records}, rule_version_id FROM entries WHERE id = 1 AND {records} > "
            "(SELECT max(id) FROM entries)"
        )
    with on(url), db.engine.begin() as connection:
        install_guards(connection, GUARDS, FUNCTIONS)


def _rest_guards(connection: Any) -> None:
    if isinstance(connection, sqlite3.Connection):
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute("PRAGMA synchronous=OFF")
        for guard in GUARDS:
            if guard.sqlite is not None:
                connection.execute(f"DROP TRIGGER {guard.name}")
    else:
        connection.execute("SET session_replication_role = replica")


def _figures(connection: Any, community: Community, people: int, entries: int) -> dict[str, int]:
    def one(query: str) -> int:
        return int(connection.execute(query).fetchone()[0])

    return {
        "year": YEAR,
        "root": community.root_id,
        "login": community.actor("organiser").login_id,
        "communities": communities_of(people),
        "per_district": COMMUNITIES_OF_A_DISTRICT,
        "each": RECORDS_EACH,
        "teams_each": TEAMS_EACH,
        "entries": entries,
        "first_volunteer": FIRST_VOLUNTEER,
        "first_account": FIRST_ACCOUNT,
        "first_community": one("SELECT min(id) FROM organisations WHERE code = 'C0'"),
        "first_team": one("SELECT min(id) FROM teams WHERE code = 'T0-0'"),
    }


def stand(url: str, community: Community) -> None:
    """Let the guards stand again and count the standings from the records."""
    with on(url):
        with db.engine.begin() as connection:
            install_guards(connection, GUARDS, FUNCTIONS)
        with transaction() as session:
            recount_standings(session, subtree_ids(session, community.root_id))
        if db.engine.dialect.name == "postgresql":
            # As the autovacuum does within minutes; an embedded file is never analysed.
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as each:
                each.exec_driver_sql("VACUUM ANALYZE")
