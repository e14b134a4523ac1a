"""What the pages of the tree say: who stands where, what becomes of it, which figures differ."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy.orm import Session

from app.organisations.queries import Node, Past, inherited_by_many
from app.points.queries import versions_for
from app.points.rules import DEFAULT_RATE_HUNDREDTHS, RuleVersion
from app.settings.points_showing import figures_of
from app.settings.queries import Open, Use
from app.settings.rules import FIGURES
from app.settings.showing import terms_text, value_text
from app.teams.queries import ColourRow
from app.web.filters import day, month_year, number, points

Pair = tuple[str, str]


class NodeLine(NamedTuple):
    """An organisation in the tree, with what stands there."""

    node: Node
    teams: str
    people: str
    retired_on: date | None
    is_own: bool


class Difference(NamedTuple):
    """A figure that is another one from today on."""

    title: str
    before: str
    after: str


def node_lines(
    nodes: Sequence[Node], uses: Mapping[int, Use], reach: Collection[int]
) -> list[NodeLine]:
    """Return the tree's lines."""
    found = []
    for node in nodes:
        use = uses.get(node.id, Use())
        found.append(
            NodeLine(node, number(use.teams), number(use.people), use.retired_on, node.id in reach)
        )
    return found


# ── what became of an organisation ────────────────────────────────────────────────────────


def past_lines(found: Iterable[Past], organisation_id: int) -> list[dict[str, str]]:
    """Return what became of an organisation, each as a sentence with its reason."""
    return [
        {"said": past_text(one, organisation_id), "reason": one.reason, "code": _other(one)}
        for one in found
    ]


def _other(one: Past) -> str:
    return one.into_code or one.organisation_code


def past_text(one: Past, organisation_id: int) -> str:
    """Say what became of an organisation, from its side or from the other one's."""
    on = day(one.on, with_year=True)
    names = {"name": one.organisation_name, "into": one.into_name, "on": on}
    is_other = one.into_id == organisation_id
    if one.kind == "merged" and is_other:
        return str(_("%(name)s was merged into this one on %(on)s.", **names))
    if one.kind == "merged":
        return str(_("%(name)s was merged into %(into)s on %(on)s.", **names))
    if one.kind == "split" and is_other:
        return str(_("It was split off %(name)s on %(on)s.", **names))
    if one.kind == "split":
        return str(_("%(into)s was split off %(name)s on %(on)s.", **names))
    if one.kind == "retired":
        return str(_("%(name)s was retired on %(on)s.", **names))
    return str(_("%(name)s was taken into service again on %(on)s.", **names))


def tree_terms(kept: Mapping[str, Any]) -> str:
    """Say one side of a change of the tree in words."""
    found = [_tree_term(key, value) for key, value in kept.items() if value is not None]
    return str(_(", ")).join(part for part in found if part) or "—"


def _tree_term(key: str, value: Any) -> str:
    if key == "parts":
        return str(_(", ")).join(tree_terms(part) for part in value)
    if key == "teams":
        return str(ngettext("%(num)s team", "%(num)s teams", value))
    if key == "people":
        return people_text(value)
    if key == "into":
        return ""
    return terms_text({key: value}).removesuffix("—")


def people_text(count: int) -> str:
    """Say how many people."""
    return str(ngettext("%(num)s person", "%(num)s people", count))


# ── what goes along, what stays, which figures differ ─────────────────────────────────────


def along(open_: Open) -> list[Pair]:
    """Return what goes along with the teams, if there is any: whoever reaches a team decides."""
    found = [
        (_("Planned activities"), open_.planned),
        (_("Recurring services"), open_.projects),
        (_("Records that wait for review"), open_.waiting),
        (_("Open disputes"), open_.disputes),
    ]
    return [(title, number(count)) for title, count in found if count]


def staying(open_: Open) -> list[Pair]:
    """Return what stays with the organisation it began in, if there is any."""
    found = [
        (_("Requests to join"), open_.requests),
        (_("Adjustments that wait for a second person"), open_.adjustments),
        (_("Items on its shelf"), open_.shelf),
    ]
    return [(title, number(count)) for title, count in found if count]


def differences(
    session: Session,
    before_id: int,
    after_id: int,
    colours: Sequence[ColourRow],
    today: date,
) -> list[Difference]:
    """Return the settings, coming service days and points rules that differ between two."""
    inherited = inherited_by_many(session, [before_id, after_id])
    before, after = inherited[before_id], inherited[after_id]
    found = [
        Difference(_(figure.title), *sides)
        for figure in FIGURES
        if len(
            set(
                sides := [
                    value_text(figure, getattr(one.settings, figure.key)) for one in (before, after)
                ]
            )
        )
        > 1
    ]
    named = {
        month: (before.substitutes.get(month), after.substitutes.get(month))
        for month in sorted(before.substitutes.keys() | after.substitutes.keys())
    }
    for (year, month), days in named.items():
        if days[0] != days[1] and (year, month) >= (today.year, today.month):
            title = _("Service day of %(month)s", month=month_year(date(year, month, 1)))
            found.append(Difference(title, *(_day_text(each) for each in days)))
    rules = [_rule_on(versions_for(session, each), today) for each in (before_id, after_id)]
    return found + _rules_differ(rules[0], rules[1], colours)


def _day_text(on: date | None) -> str:
    return day(on) if on else str(_("as usual"))


def _rule_on(versions: Sequence[RuleVersion], today: date) -> RuleVersion | None:
    return next((each for each in reversed(versions) if each.effective_from <= today), None)


def _rules_differ(
    before: RuleVersion | None, after: RuleVersion | None, colours: Sequence[ColourRow]
) -> list[Difference]:
    if before is None or after is None or before.id == after.id:
        return []
    pairs = zip(figures_of(before), figures_of(after), strict=True)
    found = [Difference(was[0], was[1], now[1]) for was, now in pairs if was != now]
    for colour in colours:
        rates = [each.rates.get(colour.id, DEFAULT_RATE_HUNDREDTHS) for each in (before, after)]
        if rates[0] != rates[1]:
            title = _("Points an hour, %(colour)s", colour=colour.name)
            found.append(Difference(title, points(rates[0]), points(rates[1])))
    return found
