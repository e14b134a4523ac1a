"""A trap on the rows of another root: whichever statement looks at one is told.

Row-level security judges each row that a plan fetches, after the conditions an index has answered
and before all others. So a statement that is bounded by an index to its own root passes, and one
that filters afterwards does not. Plans are held to what they are on large tables: no scan of a
whole table, no hash of one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import psycopg
import pytest
from flask import Flask
from sqlalchemy import event, text

from app.db import db

ROLE = "qicai_trapped"
# What every root reads and nobody's service makes grow.
NOT_TRAPPED = frozenset({"alembic_version", "organisations", "revisions", "signing_keys"})
# Of two plans the one that looks at fewer rows, as with tables that no memory holds.
PLANS = (
    "-c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c enable_material=off "
    "-c seq_page_cost=0.001 -c random_page_cost=0.001 -c cpu_tuple_cost=1 -c cpu_index_tuple_cost=1"
)
SET_UP = (
    # Roles belong to the server, which other tests share.
    f"DO $$ BEGIN CREATE ROLE {ROLE} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {ROLE}",
    f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {ROLE}",
    """
    CREATE FUNCTION crossed(place text) RETURNS boolean LANGUAGE plpgsql COST 10000 AS $$
    BEGIN RAISE WARNING 'crossed %%', place; RETURN true; END $$
    """,
)
# A row that an UPDATE is about to write is judged too: it has no place yet, and no xmin either.
POLICY = """
CREATE POLICY other_root ON {table} USING (
  CASE WHEN ctid <> '(4294967295,0)' AND xmin::text::bigint BETWEEN {first} AND {last}
  THEN crossed('{table}') ELSE true END
) WITH CHECK (true)
"""


def transaction_id() -> int:
    """Take a number of a transaction, rising."""
    with db.engine.begin() as connection:
        return int(str(connection.execute(text("SELECT pg_current_xact_id()::text")).scalar_one()))


def set_trap(first: int, last: int) -> list[str]:
    """Guard the rows that the transactions between these wrote; return the tables with some."""
    with db.engine.begin() as connection:
        for statement in SET_UP:
            connection.exec_driver_sql(statement)
        query = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
        tables = set(connection.exec_driver_sql(query).scalars()) - NOT_TRAPPED
        for table in tables:
            policy = POLICY.format(table=table, first=first, last=last)
            connection.exec_driver_sql(policy)
            connection.exec_driver_sql(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        connection.exec_driver_sql("ANALYZE")
        return [table for table in sorted(tables) if _holds(connection, table, first, last)]


def _holds(connection: Any, table: str, first: int, last: int) -> bool:
    span = f"xmin::text::bigint BETWEEN {first} AND {last}"
    found = connection.exec_driver_sql(f"SELECT EXISTS (SELECT 1 FROM {table} WHERE {span})")
    return bool(found.scalar_one())


@contextmanager
def watched(app: Flask) -> Iterator[set[tuple[str, str]]]:
    """Collect which tables were looked at across roots meanwhile, and by which statements."""
    crossings: set[tuple[str, str]] = set()
    said = {"statement": ""}

    def note(diagnostic: Any) -> None:
        message = diagnostic.message_primary or ""
        if message.startswith("crossed "):
            # A trigger's own statement stands in the context, below the function that tells.
            _raised, _, inside = (diagnostic.context or "").partition("\n")
            crossings.add((message.removeprefix("crossed "), inside or said["statement"]))

    def listen(connection: Any, _record: Any) -> None:
        connection.add_notice_handler(note)

    execute = psycopg.Cursor.execute

    def remembering(cursor: Any, query: Any, *arguments: Any, **named: Any) -> Any:
        said["statement"] = " ".join(str(query).split())
        return execute(cursor, query, *arguments, **named)

    with app.app_context():
        db.session.remove()
        db.engine.dispose()
        event.listen(db.engine, "connect", listen)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(psycopg.Cursor, "execute", remembering)
            # One answer at a time: of several sent together nobody could say which looked where.
            patch.setattr(psycopg.Connection, "pipeline", lambda _connection: nullcontext())
            yield crossings
        event.remove(db.engine, "connect", listen)
        db.session.remove()
        db.engine.dispose()
