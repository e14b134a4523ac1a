"""A small community in plain rows: what the audit reads, made without what it judges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection

from app.db import db

AT = datetime(2025, 4, 10, 1, 2, 3, 4, UTC)
# The digest of these rows, on either engine: a change of the canonical form shows here.
DIGEST = "f02f5832778790bf49fe31e1a638b360a3eb1b6cbd8f61c070863792261f43a7"
# The links of these entries, on either engine: a change of what the bytes hold shows here.
LINKS = (
    {
        "id": 1, "after_id": 0, "through_id": 3, "entries": 3, "postings": 12,
        "entries_sha256": "523a5e67e4544a9ec8bcc994f550603a9e91f07649bc4e009e787092cb101c1a",
        "postings_sha256": "0950fb19ca16fd722156f1e70db116c5c89965913f579c77eb70136d6e7783f6",
        "previous_sha256": "0" * 64,
        "sha256": "8c300303127c73809b470fce85f5ddf4cdf332477c620ab4246a89cba68d22e9",
    },
    {
        "id": 2, "after_id": 3, "through_id": 5, "entries": 2, "postings": 8,
        "entries_sha256": "2de065cb870b42f88ac57bcee5644eb6845cceee3c684a4d824751ddb1af6203",
        "postings_sha256": "93a138bac57ff634d6d51d99b85207c8f7e13e606f6c2f624dd6ac9aa7041948",
        "previous_sha256": "8c300303127c73809b470fce85f5ddf4cdf332477c620ab4246a89cba68d22e9",
        "sha256": "47ceb26a637e477e122af8207f640a418ea846c2fedadeb8746bdd586af2b560",
    },
)  # fmt: skip
CLERK, LEADER = 1, 2
# Volunteers' accounts: minutes are 2 × id − 1, points are 2 × id.
ISSUED_MINUTES, ISSUED_POINTS, ADJUSTMENTS = 91, 92, 93


def insert(connection: Connection, table: str, **values: Any) -> None:
    connection.execute(db.metadata.tables[table].insert().values(**values))


def fill(connection: Connection) -> None:
    """Insert everything: three volunteers, three live awards, one reversed, two waiting."""
    _places_and_people(connection)
    _rules_and_accounts(connection)
    _batch_and_records(connection)
    _totals(connection)
    insert(connection, "marks", id=1, entry_id=5, purpose="test", published_at=AT + timedelta(1))
    for link in LINKS:
        insert(connection, "chain_links", sealed_at=AT + timedelta(1), **link)


def _places_and_people(connection: Connection) -> None:
    insert(connection, "organisations", id=1, code="TX", name="涂新社区", created_at=AT)
    insert(connection, "settings", organisation_id=1, key="service_day", value="28")
    insert(
        connection, "holidays",
        organisation_id=1, day_on=date(2025, 4, 4), is_working=False, name='清明, "Qingming"',
    )  # fmt: skip
    insert(
        connection, "colours",
        id=1, organisation_id=1, key="red", name="扶贫帮困", glyph="红", hex="#c00", position=1,
    )  # fmt: skip
    insert(connection, "teams", id=1, organisation_id=1, colour_id=1, code="TX-red", name="红队")
    insert(
        connection, "team_placements",
        id=1, team_id=1, organisation_id=1, colour_id=1, from_on=date(2025, 1, 1),
    )  # fmt: skip
    for number, name in enumerate(("立春", "雨水", "惊蛰"), start=1):
        insert(
            connection, "volunteers",
            id=number, organisation_id=1, number=f"TX{number:05d}", name=name, name_keys="x",
            kind="resident", state="active", is_named=number == 1, created_at=AT,
        )  # fmt: skip
        insert(
            connection, "memberships",
            id=number, team_id=1, volunteer_id=number, from_on=date(2025, 1, 1),
            role="leader" if number == 2 else "member",
        )  # fmt: skip
    for login, name, volunteer in ((CLERK, "clerk", None), (LEADER, "leader", 2)):
        insert(
            connection, "logins",
            id=login, name=name, display_name="春分", volunteer_id=volunteer,
            password_hash="$argon2id$secret", is_suspended=False, created_at=AT,
        )  # fmt: skip
    insert(
        connection, "naming_consents",
        id=1, volunteer_id=1, is_named=True, given_by="paper", signed_by="person",
        recorded_by_id=CLERK, given_at=AT,
    )  # fmt: skip
    insert(
        connection, "roles",
        id=1, login_id=CLERK, role="organiser", organisation_id=1, from_on=date(2025, 1, 1),
    )  # fmt: skip


def _rules_and_accounts(connection: Connection) -> None:
    insert(
        connection, "rule_versions",
        id=1, organisation_id=1, effective_from=date(1900, 1, 1), service_day_percent=50,
        service_month_percent=20, step_hundredths=10, created_at=AT,
    )  # fmt: skip
    insert(connection, "rule_rates", rule_version_id=1, colour_id=1, hundredths_per_hour=100)
    balances = {1: (90, 260), 2: (120, 200), 3: (0, 0)}
    for holder, (minutes, points) in balances.items():
        for account, unit, balance in (
            (2 * holder - 1, "minutes", minutes),
            (2 * holder, "points", points),
        ):
            insert(
                connection, "accounts",
                id=account, root_id=1, holder_id=holder, purpose="own", unit=unit, balance=balance,
            )  # fmt: skip
    for account, purpose, unit in (
        (ISSUED_MINUTES, "service_issued", "minutes"),
        (ISSUED_POINTS, "points_issued", "points"),
        (ADJUSTMENTS, "adjustments", "minutes"),
    ):
        insert(connection, "accounts", id=account, root_id=1, purpose=purpose, unit=unit)


def _batch_and_records(connection: Connection) -> None:
    insert(
        connection, "batches",
        id=1, kind="day", organisation_id=1, team_id=1, actor_id=CLERK, made_at=AT,
        rows=4, created=4, updated=0, duplicates=0, refused=0, blank=0,
    )  # fmt: skip
    trail(connection, AT, batch_id=1)
    insert(
        connection, "operation_keys",
        actor_id=CLERK, key="k1", content_sha256="0" * 64, result="{}", at=AT,
    )  # fmt: skip
    _award(connection, 1, 1, date(2025, 3, 28), 90, 260, starts=540, is_special=True)
    _award(connection, 2, 2, date(2025, 4, 1), 60, 100, starts=540)
    _award(connection, 3, 2, date(2025, 4, 8), 60, 100)
    _award(connection, 4, 3, date(2025, 4, 2), 120, 200, reversal=5)
    entry(connection, 5, [(5, -120), (6, -200), (ISSUED_MINUTES, 120), (ISSUED_POINTS, 200)],
          kind="reversal", reverses_id=4, subject_id=4)  # fmt: skip
    record(connection, 5, 3, date(2025, 4, 3), 30, state="submitted", waits_reason="late")
    later = AT + timedelta(hours=1)
    record(connection, 6, 3, date(2025, 4, 5), 30, state="submitted", evidence="claimed")
    decided = {"state": "rejected", "approver_id": CLERK, "decided_at": later}
    records = db.metadata.tables["service_records"]
    connection.execute(records.update().where(records.c.id == 6).values(**decided))
    trail(connection, later, subject_kind="service_record", subject_id=6)


def trail(connection: Connection, at: datetime, **values: Any) -> None:
    given = {"operation": "approve", "actor_id": CLERK, "subject_kind": "batch", "request_id": ""}
    insert(connection, "trail", at=at, **{**given, **values})


def record(
    connection: Connection, number: int, volunteer: int, on: date, minutes: int, **values: Any
) -> None:
    """Insert one service record; a waiting one unless `values` say more."""
    given = {
        "root_id": 1, "team_id": 1, "organisation_id": 1, "colour_id": 1, "content": "打扫",
        "evidence": "entered", "part": 1, "is_guest": False, "is_service_day": False,
        "is_service_month": False, "earns_points": True, "daily_limit_minutes": 480,
        "points_hundredths": 0, "recorder_id": LEADER, "recorded_at": AT,
    }  # fmt: skip
    insert(
        connection, "service_records",
        **{**given, "id": number, "volunteer_id": volunteer, "service_on": on, "minutes": minutes}
        | values,
    )  # fmt: skip


def _award(
    connection: Connection, number: int, volunteer: int, on: date, minutes: int, points: int,
    starts: int | None = None, is_special: bool = False, reversal: int | None = None,
) -> None:  # fmt: skip
    """Insert an approved record with its entry of the same number."""
    record(
        connection, number, volunteer, on, minutes,
        starts_minute=starts, state="approved", is_service_day=is_special,
        is_service_month=is_special, points_hundredths=points, approver_id=CLERK, decided_at=AT,
        batch_id=1, award_entry_id=number,
    )  # fmt: skip
    legs = [
        (2 * volunteer - 1, minutes),
        (2 * volunteer, points),
        (ISSUED_MINUTES, -minutes),
        (ISSUED_POINTS, -points),
    ]
    entry(connection, number, legs, subject_id=number, rule_version_id=1, idempotency_key="k1")
    if reversal is not None:
        connection.exec_driver_sql(
            "UPDATE service_records SET state = 'reversed', "
            f"reversal_entry_id = {reversal} WHERE id = {number}"
        )


def entry(connection: Connection, number: int, legs: list[tuple[int, int]], **values: Any) -> None:
    """Insert postings and then the entry that seals them; each entry a second after the last."""
    for account, amount in legs:
        insert(connection, "postings", account_id=account, entry_id=number, amount=amount)
    given = {
        "kind": "service", "recorded_at": AT + timedelta(seconds=number), "actor_id": CLERK,
        "subject_kind": "service_record", "subject_id": number,
    }  # fmt: skip
    insert(connection, "entries", id=number, **{**given, **values})


def _totals(connection: Connection) -> None:
    for number, records, minutes, points, dates, days in (
        (1, 1, 90, 260, 1, 1),
        (2, 2, 120, 200, 2, 0),
        (3, 0, 0, 0, 0, 0),
    ):
        insert(
            connection, "service_totals",
            id=number, volunteer_id=number, year=2025, team_id=1, organisation_id=1, colour_id=1,
            records=records, minutes=minutes, points_hundredths=points, dates=dates,
            service_days=days,
        )  # fmt: skip
        # In every colour, and in the one they served in.
        for colour in (0, 1):
            insert(
                connection, "standings",
                volunteer_id=number, year=2025, organisation_id=1, colour_id=colour,
                number=f"TX{number:05d}", records=records, minutes=minutes,
                points_hundredths=points, dates=dates, service_days=days,
                order_key=-(minutes * 262144 + dates * 512 + days),
            )  # fmt: skip
    connection.exec_driver_sql(
        "INSERT INTO day_totals (organisation_id, service_on, team_id, colour_id, records, minutes)"
        " SELECT organisation_id, service_on, team_id, colour_id, count(*), sum(minutes)"
        " FROM service_records WHERE state = 'approved'"
        " GROUP BY organisation_id, service_on, team_id, colour_id"
    )
