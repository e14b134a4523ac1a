"""What stands in the file of somebody's own data, and what does not, with the reason."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.errors import N_, RuleBroken
from app.privacy.columns import TABLES
from app.privacy.rules.classes import TableRule

FORMAT = "qicai.own-data.1"
# Tables with rows of the person that are not given as rows, and why.
TABLES_LEFT_OUT: Mapping[str, str] = {
    "operation_keys": N_("Marks of forms already sent; what they did stands in the trail."),
    "service_totals": N_("Sums of the service records that stand here."),
    "standings": N_("Sums of the service records that stand here."),
    "postings": N_("Their amounts stand in the lines of the passbook, each with its sentence."),
}
# Columns that are given in another form, or not at all; secrets are never given.
COLUMNS_LEFT_OUT: Mapping[str, str] = {
    "pictures.large": N_("Each photo lies beside this as a file of its own."),
    "pictures.small": N_("Each photo lies beside this as a file of its own."),
    "made_files.body": N_("Fetch the file itself under “Files made for me”."),
    "person_details.id_document_encrypted": N_(
        "Sealed; its last digits stand on the printed summary. The office shows it in full."
    ),
    "volunteers.name_keys": N_("Letters of the name, for searching."),
}
# JSON kept as text; given as what it says.
_NESTED = frozenset({"before", "after", "figures", "payload"})


class OnlyGuardians(RuleBroken):
    code = "only_guardians"
    message = N_("Whoever acts as a helper does not take data along; only a guardian may.")


def exported_tables() -> tuple[TableRule, ...]:
    """Return the tables whose rows about a person are given."""
    return tuple(
        table for table in TABLES if table.is_about_people and table.name not in TABLES_LEFT_OUT
    )


def exported_columns(table: TableRule) -> tuple[str, ...]:
    """Return the columns of a table that are given: none that opens something."""
    return tuple(
        column.name
        for column in table.columns
        if column.kind != "secret" and f"{table.name}.{column.name}" not in COLUMNS_LEFT_OUT
    )


def plain(column: str, value: Any) -> Any:
    """Return a value as JSON has it: dates in ISO form, instants in UTC."""
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if column in _NESTED and isinstance(value, str):
        return json.loads(value) if value else None
    return value


def document(content: Mapping[str, Any]) -> bytes:
    """Return the one text of a content: the same rows give the same bytes."""
    return (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
