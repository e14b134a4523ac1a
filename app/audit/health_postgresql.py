"""What the doctor looks at in a PostgreSQL beside durability: bounds, writing, the way there."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.engine import Connection

from app.audit.findings import Finding
from app.errors import N_

BOUNDS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")


def postgresql(connection: Connection) -> Iterator[Finding]:
    """Tell whether connections are bounded, may write, keep UTF-8, and travel sealed."""
    unbounded = [name for name in BOUNDS if _setting(connection, name) in {"0", "0ms"}]
    yield Finding(
        "bounds",
        "bad" if unbounded else "good",
        N_("These have no bound: %(names)s.") if unbounded else N_("Statements have bounds."),
        {"names": ", ".join(unbounded)},
        N_("Start Qicai through wsgi.py or `flask`, which set them on every connection."),
    )
    is_standby = connection.exec_driver_sql("SELECT pg_is_in_recovery()").scalar_one()
    is_read_only = _setting(connection, "transaction_read_only") == "on"
    yield Finding(
        "writing",
        "bad" if is_standby or is_read_only else "good",
        N_("This server takes no writes: it is a standby, or read-only.")
        if is_standby or is_read_only
        else N_("This server takes writes."),
        {},
        N_("Name the primary in DATABASE_URL."),
    )
    encoding = _setting(connection, "server_encoding")
    yield Finding(
        "encoding",
        "good" if encoding == "UTF8" else "bad",
        N_("The database keeps text as %(encoding)s."),
        {"encoding": encoding},
        N_("Make it anew with --encoding UTF8."),
    )
    yield _way(connection)


def _way(connection: Connection) -> Finding:
    """Tell whether what is asked and answered can be read on the way to another machine."""
    is_open = connection.exec_driver_sql(
        "SELECT NOT ssl AND NOT coalesce(inet_server_addr() <<= inet '127.0.0.0/8' "
        "OR inet_server_addr() = inet '::1', true) "
        "FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
    ).scalar()
    return Finding(
        "way",
        "warning" if is_open else "good",
        N_("The database is on another machine, and the way there is open.")
        if is_open
        else N_("Nobody can listen on the way to the database."),
        {},
        N_("Use TLS: sslmode=verify-full in DATABASE_URL."),
    )


def _setting(connection: Connection, name: str) -> str:
    return str(connection.exec_driver_sql(f"SHOW {name}").scalar_one())
