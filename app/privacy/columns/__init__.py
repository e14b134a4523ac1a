"""Every column of every table: what it holds, whose it is, how long it stays, what erasure does.

One table a line or two, by subject; a new table adds itself to one (a test finds what nobody did).
`whose` names the columns that lead to a volunteer (`login_id@login`: through the login); columns
stand under their class with what an erasure makes of them: `phone:clear`. See rules/classes.py.
"""

from __future__ import annotations

from app.privacy.columns.accounts import ACCOUNTS
from app.privacy.columns.books import BOOKS
from app.privacy.columns.instance import INSTANCE
from app.privacy.columns.people import PEOPLE
from app.privacy.columns.service import SERVICE
from app.privacy.columns.telling import TELLING
from app.privacy.columns.year import YEAR
from app.privacy.rules.classes import TableRule

TABLES: tuple[TableRule, ...] = (
    *PEOPLE,
    *ACCOUNTS,
    *SERVICE,
    *BOOKS,
    *YEAR,
    *TELLING,
    *INSTANCE,
)
BY_NAME: dict[str, TableRule] = {table.name: table for table in TABLES}
