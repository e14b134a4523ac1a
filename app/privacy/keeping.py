"""What is deleted because its time is up: which rows, after how long, and why so long.

The work itself is done where the data belongs; here stands, once, all of it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from app.errors import N_
from app.jobs.rules import KEPT_FOR as JOBS_KEPT
from app.notices.rules import CODE_WINDOW
from app.notices.rules import KEPT_FOR as NOTICES_KEPT
from app.people.rules.sign_in import FAILURES_KEPT
from app.teams.operations.joining import REFUSED_KEPT, TRIES_KEPT

A_DAY = timedelta(days=1)
SESSIONS_KEPT = timedelta(days=30)


class Rule(NamedTuple):
    """Rows that go once their instant is older than `kept`.

    `due` is an SQL condition with `:before`. `kept` of nothing: the rows say themselves when.
    """

    key: str
    table: str
    due: str
    kept: timedelta
    what: str
    why: str


RULES: tuple[Rule, ...] = (
    Rule(
        "uploads",
        "uploads",
        "expires_at <= :before AND (content IS NOT NULL OR mend IS NOT NULL"
        " OR preview IS NOT NULL)",
        timedelta(),
        N_("What uploaded sheets said"),
        N_("So that an import can be looked at and mended; a setting says how long."),
    ),
    Rule(
        "made_files",
        "made_files",
        "kept_until_at <= :before",
        timedelta(),
        N_("Files that were made: certificates, exports"),
        N_("A week to fetch them; they can be made again."),
    ),
    Rule(
        "notices",
        "notices",
        "told_at < :before",
        NOTICES_KEPT,
        N_("Notices in the inbox, and their messages"),
        N_("A year and a month, so that last year's are still there."),
    ),
    Rule(
        "address_codes",
        "address_codes",
        "asked_at < :before",
        2 * CODE_WINDOW,
        N_("E-mail addresses a code was sent to"),
        N_("Asking too often is noticed by them."),
    ),
    Rule(
        "refused_requests",
        "join_requests",
        "state = 'refused' AND phone <> '' AND decided_at < :before",
        REFUSED_KEPT,
        N_("Name and phone of refused requests to join"),
        N_("Whoever asks again within half a year is remembered."),
    ),
    Rule(
        "join_tries",
        "join_tries",
        "at < :before",
        TRIES_KEPT,
        N_("Digests of addresses that sent the public form"),
        N_("For the limit against machines."),
    ),
    Rule(
        "verify_misses",
        "verify_misses",
        "at < :before",
        A_DAY,
        N_("Digests of addresses that tried codes of certificates"),
        N_("For the limit against guessing."),
    ),
    Rule(
        "sign_in_failures",
        "sign_in_failures",
        "at < :before",
        FAILURES_KEPT,
        N_("Failed sign-ins with their network address"),
        N_("For the limit against guessing."),
    ),
    Rule(
        "sessions",
        "sessions",
        "coalesce(revoked_at, expires_at) < :before",
        SESSIONS_KEPT,
        N_("Devices that were signed in, with their network address"),
        N_("A month to notice a sign-in that was not one's own."),
    ),
    Rule(
        "jobs",
        "jobs",
        "ended_at < :before",
        JOBS_KEPT,
        N_("Work that was done in the background"),
        N_("A month to look for what went wrong."),
    ),
    Rule(
        "deletion_runs",
        "deletion_runs",
        "ran_at < :before",
        NOTICES_KEPT,
        N_("This list of what was deleted"),
        N_("A year and a month, so that last year's are still there."),
    ),
)
