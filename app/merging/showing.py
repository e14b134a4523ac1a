"""The two side by side, what counts once and what comes over, in the words of a page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.errors import N_
from app.merging.operations import FIELDS, Plan
from app.merging.queries import frozen_years, team_names
from app.merging.rules import COUNTED_ONCE, Verdict
from app.people.models import Volunteer
from app.service.queries import served_minutes_of_many
from app.teams.forms import KINDS, SEXES, said
from app.teams.queries import membership_rows
from app.trail.rules import mask_phone
from app.web.filters import day, hours, points
from app.web.saying import say

LABELS = {
    "name": N_("Name"),
    "sex": N_("Sex"),
    "born_on": N_("Date of birth"),
    "phone": N_("Phone"),
    "kind": N_("Kind"),
}
FATES = {
    "same": N_("Written down twice: counts once"),
    "overlaps": N_("At the same time as another service: counts once"),
    "left_out": N_("More than a day may hold: does not come over"),
    "over_limit": N_("Longer than a usual day: comes over by your reason"),
}


class Compared(NamedTuple):
    """One line of the comparison; `field` where one may choose whose is right."""

    label: str
    kept: str
    gone: str
    field: str | None = None


class Collision(NamedTuple):
    """A record that does not simply come over."""

    record_id: int
    on: str
    team: str
    hours: str
    fate: str
    counts: bool
    with_id: int | None


class Preview(NamedTuple):
    """Everything the page shows."""

    compared: list[Compared]
    choices: list[Compared]
    collisions: list[Collision]
    coming: list[tuple[str, str]]
    notes: list[str]
    obstacles: list[str]


def preview_of(session: Session, plan: Plan) -> Preview:
    """Return what the preview of a merge shows."""
    fields = [_field(plan, name) for name in FIELDS]
    both = [plan.kept.id, plan.gone.id]
    return Preview(
        compared=[*fields, *_figures(session, plan, both)],
        choices=[one for one in fields if "—" not in one[1:3] and one.kept != one.gone],
        collisions=_collisions(session, plan),
        coming=_coming(plan),
        notes=_notes(session, plan, both),
        obstacles=[say(one) for one in plan.obstacles],
    )


def _field(plan: Plan, name: str) -> Compared:
    return Compared(_(LABELS[name]), _shown(plan.kept, name), _shown(plan.gone, name), name)


def _shown(person: Volunteer, name: str) -> str:
    value: Any = getattr(person, name)
    if value is None or value == "":
        return "—"
    if name == "phone":
        return mask_phone(value)
    if name == "born_on":
        return day(value, with_year=True)
    choices = {"kind": KINDS, "sex": SEXES}.get(name)
    return said(choices)[value] if choices else str(value)


def _figures(session: Session, plan: Plan, both: list[int]) -> list[Compared]:
    teams: dict[int, list[str]] = {}
    for row in membership_rows(session, both, on=plan.today):
        teams.setdefault(row.volunteer_id, []).append(row.team_name)
    served = served_minutes_of_many(session, both)
    sign_ins = (plan.facts.kept_logins, plan.facts.gone_logins)
    sides = (plan.kept_balances, plan.gone_balances)
    rows = [
        (_("Teams"), [_(", ").join(teams.get(one, [])) or "—" for one in both]),
        (_("Hours served"), [hours(served.get(one, 0)) for one in both]),
        (_("Points"), [points(side.points_hundredths) for side in sides]),
        (_("Time account"), [hours(side.minutes) for side in sides]),
        (_("Has a sign-in"), [_("yes") if count else _("no") for count in sign_ins]),
    ]
    return [Compared(label, *values) for label, values in rows]


def _collisions(session: Session, plan: Plan) -> list[Collision]:
    told = [one for one in plan.verdicts.values() if one.fate != "moves"]
    told.sort(key=lambda one: one.service.service_on, reverse=True)
    names = team_names(session, (one.service.team_id for one in told))
    return [_collision(one, names) for one in told]


def _collision(one: Verdict, names: dict[int, str]) -> Collision:
    service = one.service
    return Collision(
        service.id,
        day(service.service_on, with_year=True),
        names.get(service.team_id, ""),
        hours(service.minutes),
        _(FATES[one.fate]),
        one.fate not in COUNTED_ONCE,
        one.with_id,
    )


def _coming(plan: Plan) -> list[tuple[str, str]]:
    after, moving = plan.after, plan.moving
    minutes = sum(one.minutes for one in moving)
    rows = [
        (
            _("Records that come over"),
            _("%(count)s records, %(hours)s hours", count=len(moving), hours=hours(minutes)),
        ),
        (_("Points, once they are one"), points(after.points_hundredths)),
        (_("Time account, once they are one"), _("%(hours)s hours", hours=hours(after.minutes))),
    ]
    if plan.waiting_ids:
        rows.append((_("Waiting records that come over"), str(len(plan.waiting_ids))))
    if plan.sent_back:
        rows.append((_("Waiting records sent back, as they repeat one"), str(len(plan.sent_back))))
    if plan.moves_book and plan.gone_book is not None:
        rows.append((_("From the paper book"), hours(plan.gone_book.minutes)))
    if plan.facts.tickets:
        rows.append((_("To be collected, with the same code"), str(plan.facts.tickets)))
    return rows


def _notes(session: Session, plan: Plan, both: Sequence[int]) -> list[str]:
    notes = []
    if plan.gone_book is not None and plan.kept_book is not None:
        notes.append(
            _(
                "Both have a balance from a paper book. One counts: that of %(number)s. The"
                " %(hours)s hours and %(points)s points of the other are taken back.",
                number=plan.kept.number,
                hours=hours(plan.gone_book.minutes),
                points=points(plan.gone_book.points_hundredths),
            )
        )
    if years := frozen_years(session, both):
        notes.append(
            _(
                "Frozen lists stay as they are: %(years)s. A list under public notice can be"
                " corrected afterwards.",
                years=_(", ").join(map(str, years)),
            )
        )
    return notes
