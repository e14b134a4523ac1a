"""What if, for one team: its people by weights beside the order they stand in; nothing is saved.

A leader previews and tries the own team only (GUARANTEES §4); whole years are tried beside
their saved schemes in `what_if_views`.
"""

from __future__ import annotations

from typing import Any

from flask import render_template, request
from flask_babel import lazy_gettext as _l

from app.db import db, snapshot
from app.errors import RuleBroken
from app.ranking.access import reach_of
from app.ranking.place_showing import moved_text
from app.ranking.queries import Scope, preview
from app.ranking.rules.schemes import Weights, check_weights
from app.ranking.rules.weighing import ranked_by_weights
from app.ranking.views import asked_scope, blueprint
from app.web.actor import current_actor
from app.web.forms import Form, WholeField
from app.web.pagination import page_of
from app.web.policy import allow, not_found
from app.web.saying import say

PAGE_SIZE = 100


class WeightsForm(Form):
    """What may be moved; hours alone to begin with."""

    per_hour = WholeField(_l("Per hour"), default=1)
    per_date = WholeField(_l("Per date served"), default=0)
    per_service_day = WholeField(_l("Per service day"), default=0)
    per_point = WholeField(_l("Per point"), default=0)

    @property
    def weights(self) -> Weights:
        """What was typed; nothing is 0."""
        return Weights(*(self[name].data or 0 for name in Weights._fields))


@blueprint.get("/ranking/what-if")
@allow("ranking.preview")
def what_if() -> str | tuple[str, int]:
    """Show who of a team would rise and who would fall by other weights."""
    with snapshot() as session:
        scope, _years = asked_scope(reach_of(session, current_actor()))
        if scope.team is None:
            not_found()
        form = _form()
        moved = _moved(scope, form)
    page = page_of(len(moved or ()), size=PAGE_SIZE)
    shown = render_template(
        "ranking/what_if.html",
        scope=scope,
        form=form,
        counts=None if moved is None else _counts(moved),
        rows=(moved or [])[page.offset :][: page.size],
        page=page,
    )
    return (shown, 422) if moved is None else shown


def _form() -> WeightsForm:
    """Return the weights of the address, or hours alone."""
    is_typed = any(name in request.args for name in Weights._fields)
    form = WeightsForm(request.args if is_typed else None, meta={"csrf": False})
    if is_typed:
        form.validate()
    return form


def _moved(scope: Scope, form: WeightsForm) -> list[dict[str, Any]] | None:
    """Return whoever would stand elsewhere, or None where the weights are none."""
    if form.errors:
        return None
    try:
        check_weights(form.weights)
    except RuleBroken as refusal:
        form.form_errors.append(say(refusal))
        return None
    before = preview(db.session(), scope)
    old = {row.volunteer_no: rank for rank, row in before}
    return [
        {
            "name": row.name,
            "number": row.volunteer_no,
            "old": old[row.volunteer_no],
            "new": rank,
            "said": moved_text(old[row.volunteer_no], rank),
            "tone": "info" if rank < old[row.volunteer_no] else "warn",
        }
        for rank, row in ranked_by_weights((row for _rank, row in before), form.weights)
        if rank != old[row.volunteer_no]
    ]


def _counts(moved: list[dict[str, Any]]) -> tuple[int, int]:
    rising = sum(one["new"] < one["old"] for one in moved)
    return rising, len(moved) - rising
