"""Give a PostgreSQL role what serving needs and no more; it owns nothing.

Whatever is only added to may be read and added to: no update, no delete, no truncate.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.engine import Connection

from app.db import db
from app.manifest import GUARDS

BALANCE_ONLY = {"accounts": "balance"}


class RoleMissing(RuntimeError):
    """The least-grants role cannot be made by the role that migrates."""


def rights_on(table: str) -> str:
    """Return what the serving role may do with a table, in the words of GRANT."""
    guards = {guard.name for guard in GUARDS if guard.table == table and guard.postgresql}
    if table in BALANCE_ONLY:
        return f"SELECT, INSERT, UPDATE ({BALANCE_ONLY[table]})"
    also = [verb for verb in ("UPDATE", "DELETE") if f"{table}_no_{verb.lower()}" not in guards]
    return ", ".join(["SELECT", "INSERT", *also])


def give_least_grants(connection: Connection, role: str, user: str | None) -> None:
    """Make the role when it is missing, let `user` take it, and set its rights anew."""
    name = _quoted(connection, role)
    _make_role(connection, role, name)
    _let_take(connection, role, name, user)
    schema = _quoted(connection, _one(connection, "SELECT current_schema()"))
    for kind in ("TABLES", "SEQUENCES"):
        connection.exec_driver_sql(f"REVOKE ALL ON ALL {kind} IN SCHEMA {schema} FROM {name}")
    connection.exec_driver_sql(f"GRANT USAGE ON SCHEMA {schema} TO {name}")
    for table in sorted(db.metadata.tables):
        connection.exec_driver_sql(
            f"GRANT {rights_on(table)} ON {_quoted(connection, table)} TO {name}"
        )
    connection.exec_driver_sql(f"GRANT SELECT ON alembic_version TO {name}")
    # Ids are taken in blocks, which needs setval.
    connection.exec_driver_sql(
        f"GRANT SELECT, USAGE, UPDATE ON ALL SEQUENCES IN SCHEMA {schema} TO {name}"
    )


def _make_role(connection: Connection, role: str, name: str) -> None:
    if _one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", role):
        return
    may = "SELECT rolsuper OR rolcreaterole FROM pg_roles WHERE rolname = current_user"
    if not _one(connection, may):
        raise RoleMissing(
            f"The role {role} of DATABASE_ROLE does not exist and may not be made here. "
            f"As a superuser: CREATE ROLE {name} NOLOGIN; "
            f"then GRANT {name} to the role in DATABASE_URL."
        )
    connection.exec_driver_sql(f"CREATE ROLE {name} NOLOGIN")


def _let_take(connection: Connection, role: str, name: str, user: str | None) -> None:
    """Let the role in DATABASE_URL (unnamed: the one that migrates) take the serving role."""
    taker = user or _one(connection, "SELECT current_user")
    if not _one(connection, "SELECT 1 FROM pg_roles WHERE rolname = %s", taker):
        return
    # From 16 on whoever made a role is a member, and yet may not take it until it is granted.
    version = connection.dialect.server_version_info or (0,)
    may_take = "SET" if version >= (16,) else "MEMBER"
    if _one(connection, "SELECT pg_has_role(%s, %s, %s)", taker, role, may_take):
        return
    connection.exec_driver_sql(f"GRANT {name} TO {_quoted(connection, taker)}")


def _one(connection: Connection, query: str, *values: str) -> Any:
    return connection.exec_driver_sql(query, values or None).scalar()


def _quoted(connection: Connection, name: str) -> str:
    return str(connection.dialect.identifier_preparer.quote_identifier(name))
