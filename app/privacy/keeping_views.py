"""What is kept of whom, why and how long; and what the next run deletes."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template
from flask_babel import gettext as _

from app.clock import now
from app.db import db
from app.privacy.columns import TABLES
from app.privacy.erasing_showing import CLASS_WORDS, GROUP_WORDS, KEEPING_WORDS
from app.privacy.keeping import RULES
from app.privacy.queries.keeping import due_counts, last_runs
from app.privacy.rules.classes import GROUPS, PERSONAL, TableRule
from app.web.policy import allow

blueprint = Blueprint("data_keeping", __name__, url_prefix="/admin/kept")


@blueprint.get("")
@allow("keeping.read")
def kept() -> str:
    """Show the classification of every column, by group."""
    groups = [
        (group, _(GROUP_WORDS[group]), [_shown(one) for one in TABLES if one.group == group])
        for group in GROUPS
    ]
    return render_template(
        "privacy/kept.html", groups=groups, columns=sum(len(table.columns) for table in TABLES)
    )


@blueprint.get("/deletions")
@allow("keeping.read")
def deletions() -> str:
    """Show every rule with what the next run deletes, and the last runs."""
    session, at = db.session(), now()
    due = due_counts(session, at)
    words = {rule.key: _(rule.what) for rule in RULES}
    return render_template(
        "privacy/deletions.html",
        rules=[(rule, _(rule.what), _(rule.why), due[rule.key]) for rule in RULES],
        runs=[(run, words.get(run.rule, run.rule)) for run in last_runs(session)],
        total=sum(due.values()),
    )


def _shown(table: TableRule) -> dict[str, Any]:
    """Return a table in words: what of it is personal, what erasure does, how long it stays."""
    personal = [column.name for column in table.columns if column.kind in PERSONAL]
    kinds = {column.kind for column in table.columns if column.kind in PERSONAL}
    if table.rows == "delete":
        erasing = _("The rows go.")
    elif table.erased:
        gone = ", ".join(column.name for column in table.erased)
        erasing = _("The rows stay without: %(columns)s", columns=gone)
    elif table.whose:
        erasing = _("Stays under the number.")
    else:
        erasing = _("Nothing: it is about nobody.")
    return {
        "name": table.name,
        "personal": ", ".join(personal),
        "classes": [_(CLASS_WORDS[kind]) for kind in CLASS_WORDS if kind in kinds],
        "erasing": erasing,
        "keeping": _(KEEPING_WORDS[table.keeping]),
    }
