"""What a database holds, in few figures: how far its books go, and who was erased."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from app.audit.reading import Reading
from app.privacy.operations.erasing import Told

COUNTED = {"entries": "entries", "records": "service_records", "changes": "trail"}


class Link(NamedTuple):
    """The head of the chain: through which entry, and its hash."""

    entry_id: int
    sha256: str
    links: int


class Facts(NamedTuple):
    """How far the books go. `last` is the highest id by name of COUNTED, `counts` how many."""

    community: str
    schema_version: str
    counts: dict[str, int]
    last: dict[str, int]
    last_entry_at: datetime | None
    chain: Link | None
    erasures: int


def facts_of(reading: Reading) -> Facts:
    """Return the figures of a database of this or an older version."""
    tables = _tables(reading)
    counts, last = {}, {}
    for name, table in COUNTED.items():
        counts[name], last[name] = reading.rows(
            f"SELECT count(*), coalesce(max(id), 0) FROM {table}"
        )[0]
    at = reading.rows("SELECT max(recorded_at) FROM entries")[0][0]
    code = reading.rows("SELECT code FROM organisations WHERE parent_id IS NULL ORDER BY id")
    erased = reading.number("SELECT count(*) FROM erasures") if "erasures" in tables else 0
    version = reading.rows("SELECT version_num FROM alembic_version")
    return Facts(
        community=str(code[0][0]) if code else "",
        schema_version=str(version[0][0]) if version else "",
        counts=counts,
        last=last,
        last_entry_at=None if at is None else instant(at),
        chain=_head(reading) if "chain_links" in tables else None,
        erasures=erased,
    )


def beyond(reading: Reading, facts: Facts) -> dict[str, int]:
    """Return how many rows a database has beyond where others end, by name of COUNTED."""
    return {
        name: reading.number(f"SELECT count(*) FROM {table} WHERE id > {int(facts.last[name])}")
        for name, table in COUNTED.items()
    }


def is_other_history(reading: Reading, here: Facts, there: Facts) -> bool:
    """Tell whether neither books continue the other's, as far as the chain can tell."""
    if here.community and there.community and here.community != there.community:
        return True
    if here.chain is None or there.chain is None or here.chain.links < there.chain.links:
        return False
    same = (
        f"SELECT count(*) FROM chain_links WHERE through_id = {int(there.chain.entry_id)} "
        f"AND sha256 = '{_hexadecimal(there.chain.sha256)}'"
    )
    return reading.number(same) == 0


def erased_in(reading: Reading) -> list[Told]:
    """Return every erasure a database tells of, for books of before."""
    if "erasures" not in _tables(reading):
        return []
    rows = reading.rows(
        "SELECT e.volunteer_id, v.number, e.reason, e.erased_by_id, e.erased_at, e.figures "
        "FROM erasures e JOIN volunteers v ON v.id = e.volunteer_id ORDER BY e.id"
    )
    return [
        Told(who, number, reason, by, instant(at), figures)
        for who, number, reason, by, at, figures in rows
    ]


def instant(value: Any) -> datetime:
    """Return an instant as either driver gives it."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _head(reading: Reading) -> Link | None:
    query = "SELECT through_id, sha256, id FROM chain_links ORDER BY id DESC LIMIT 1"
    rows = reading.rows(query)
    return Link(int(rows[0][0]), str(rows[0][1]), int(rows[0][2])) if rows else None


def _hexadecimal(value: str) -> str:
    return bytes.fromhex(value).hex()


def _tables(reading: Reading) -> set[str]:
    if reading.engine == "sqlite":
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
    else:
        query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
    return {row[0] for row in reading.rows(query)}
