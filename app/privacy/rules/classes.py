"""What a column may hold, how it is said what it holds, and what an erasure does with it."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

# none: says nothing about anybody. internal: about the work, not about a person; may hold words
# that people typed. pseudonym: leads to a person only through the table of people. personal: says
# who somebody is, or what they wrote. sensitive: harms when it is known. secret: opens something.
Class = Literal["none", "internal", "pseudonym", "personal", "sensitive", "secret"]
# keep: stays. clear: becomes NULL. empty: becomes ''. name: becomes the word for somebody erased.
# on: a flag is set.
Erasure = Literal["keep", "clear", "empty", "name", "on"]
Rows = Literal["keep", "delete"]
Group = Literal[
    "person", "account", "service", "points", "rewards", "year", "notices", "trail", "work", "place"
]
Keeping = Literal[
    "person",  # until the person is erased
    "ledger",  # as long as the books
    "trail",  # as long as the trail
    "instance",  # as long as the instance: nobody's own
    "ended",  # until it ends, or the person is erased
    "two_days",
    "month",
    "refused",  # of answered requests 180 days
    "upload",
    "week",
    "notice",
]
CLASSES: tuple[Class, ...] = get_args(Class)
ERASURES: tuple[Erasure, ...] = get_args(Erasure)
GROUPS: tuple[Group, ...] = get_args(Group)
KEEPINGS: tuple[Keeping, ...] = get_args(Keeping)
PERSONAL: frozenset[Class] = frozenset({"personal", "sensitive", "secret"})


class ColumnRule(NamedTuple):
    """What one column holds, and what an erasure does with it in the person's rows."""

    name: str
    kind: Class
    erasure: Erasure


class TableRule(NamedTuple):
    """One table: what it is about, which rows are a person's, what an erasure does with them.

    `whose` is an SQL condition on the rows with `:person`, a volunteer's id; '' where the table
    is about nobody. `keeping` says how long rows stay.
    """

    name: str
    group: Group
    keeping: Keeping
    whose: str
    rows: Rows
    columns: tuple[ColumnRule, ...]

    @property
    def is_about_people(self) -> bool:
        """Whether rows of it belong to somebody."""
        return bool(self.whose)

    @property
    def erased(self) -> tuple[ColumnRule, ...]:
        """The columns whose values leave the rows that stay."""
        return tuple(column for column in self.columns if column.erasure != "keep")


def table_rule(
    name: str,
    group: Group,
    keeping: Keeping,
    *,
    whose: str = "",
    rows: Rows = "keep",
    **classes: str,
) -> TableRule:
    """Read a table as it is written in columns/: `personal="name:name phone:clear"`."""
    columns = tuple(
        _column(written, kind) for kind in CLASSES for written in classes.pop(kind, "").split()
    )
    if classes:
        raise ValueError(f"{name}: no class of columns is called {', '.join(classes)}.")
    condition = " OR ".join(_condition(word) for word in whose.split()) if whose else ""
    return TableRule(name, group, keeping, condition, rows, columns)


def _column(written: str, kind: Class) -> ColumnRule:
    name, _, erasure = written.partition(":")
    for known in ERASURES:
        if known == (erasure or "keep"):
            return ColumnRule(name, kind, known)
    raise ValueError(f"{written}: an erasure does no such thing.")


# How rows lead to a volunteer when they do not name one: `column@way`.
_WAYS = {
    "login": "SELECT id FROM logins WHERE volunteer_id = :person",
    "reader": "SELECT id FROM notice_readers WHERE volunteer_id = :person",
    "record": "SELECT id FROM service_records WHERE volunteer_id = :person",
    "dispute": "SELECT id FROM disputes WHERE volunteer_id = :person",
    "code": "SELECT c.id FROM address_codes c JOIN notice_readers r ON r.id = c.reader_id"
    " WHERE r.volunteer_id = :person",
    "notice": "SELECT id FROM notices WHERE volunteer_id = :person OR login_id IN"
    " (SELECT id FROM logins WHERE volunteer_id = :person)",
    "request": "SELECT id FROM join_requests WHERE volunteer_id = :person",
    "certificate": "SELECT id FROM certificates WHERE volunteer_id = :person",
    "account": "SELECT id FROM accounts WHERE holder_id = :person",
    "claimed": "SELECT c.picture_id FROM claims c JOIN service_records r ON r.id = c.record_id"
    " WHERE r.volunteer_id = :person",
    "said": "SELECT id FROM trail WHERE (subject_kind = 'volunteer' AND subject_id = :person)"
    " OR (subject_kind = 'login' AND subject_id IN"
    " (SELECT id FROM logins WHERE volunteer_id = :person))"
    " OR (subject_kind = 'join_request' AND subject_id IN"
    " (SELECT id FROM join_requests WHERE volunteer_id = :person))"
    " OR (subject_kind = 'dispute' AND subject_id IN"
    " (SELECT id FROM disputes WHERE volunteer_id = :person))"
    " OR (subject_kind = 'objection' AND subject_id IN"
    " (SELECT id FROM objections WHERE volunteer_id = :person OR about_id = :person))"
    " OR (subject_kind = 'team_ask' AND subject_id IN"
    " (SELECT id FROM team_asks WHERE volunteer_id = :person))"
    " OR (subject_kind = 'helper_ask' AND subject_id IN"
    " (SELECT id FROM helper_asks WHERE volunteer_id = :person OR helper_id = :person))",
}


def _condition(word: str) -> str:
    column, _, way = word.partition("@")
    return f"{column} IN ({_WAYS[way]})" if way else f"{column} = :person"
