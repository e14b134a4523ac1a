"""What the dashboard is made of: whose figures of which year, and what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from flask import request, url_for
from sqlalchemy.orm import Session

from app.activities.lead_showing import unclosed_line
from app.activities.queries.leading import unclosed
from app.clock import now, today_in
from app.home import desk_showing as showing
from app.home.desk_figures import Figures, figures_of
from app.home.desk_todo import todos
from app.home.front_figures import year_to_show
from app.home.queries import begun_of
from app.home.showing import year_choices
from app.organisations.queries import Node, forest, settings_and_substitutes
from app.organisations.rules import Settings
from app.ranking.queries import years_of
from app.teams.access import read_scope
from app.teams.rules import Actor
from app.web.pagination import url_with
from app.web.policy import not_found

MOST_UNCLOSED = 5


class Asked(NamedTuple):
    """Whose figures are asked for, and all that may be chosen."""

    organisation: Node
    organisations: Sequence[Node]
    below: Sequence[int]
    years: Sequence[int]
    settings: Settings
    substitutes: dict[tuple[int, int], date]
    today: date
    figures: Figures


def asked_of(session: Session, actor: Actor) -> Asked:
    """Return what the address asks for; an organisation out of reach is not found."""
    nodes = forest(session, read_scope(actor))
    code = request.args.get("org") or None
    chosen = next((node for node in nodes if code in {None, node.code}), None) or not_found()
    below = _below(nodes, chosen)
    settings, substitutes = settings_and_substitutes(session, chosen.id)
    today = today_in(settings.time_zone, now())
    years = years_of(session, below)
    year = next((each for each in years if str(each) == request.args.get("year")), None)
    figures = figures_of(session, below, year or year_to_show(years, today), today)
    return Asked(chosen, nodes, below, years, settings, substitutes, today, figures)


def _below(nodes: Sequence[Node], chosen: Node) -> list[int]:
    """Return an organisation with those behind it that are deeper: its subtree within reach."""
    place = nodes.index(chosen)
    found = [chosen.id]
    for node in nodes[place + 1 :]:
        if node.depth <= chosen.depth:
            break
        found.append(node.id)
    return found


def desk_page(session: Session, actor: Actor) -> dict[str, Any]:
    """Return what the page shows."""
    asked = asked_of(session, actor)
    figures, code = asked.figures, asked.organisation.code
    reads_books = asked.organisation.id in actor.organises | actor.audits
    bars = showing.team_bars(figures.teams)
    has_hours = bool(figures.tiles.minutes_ever)
    return {
        "asked": asked,
        "organisation_choices": [
            (node.code, "\u3000" * node.depth + node.name) for node in asked.organisations
        ],
        "year": figures.year,
        "begun": None if has_hours else begun_of(session, asked.below, actor.login_id),
        "years": year_choices(asked.years, figures.year, lambda each: url_with({"year": each})),
        "tiles": showing.tiles(figures, with_points=reads_books),
        "months": showing.months_chart(figures) if figures.days else None,
        "calendar": showing.calendar_chart(figures, asked.settings, asked.substitutes)
        if figures.days
        else None,
        "volunteers": figures.tiles.volunteers,
        "teams": bars,
        "more_teams": len(figures.teams) - len(bars),
        "most": max((bar.minutes for bar in bars), default=0),
        **_waiting(session, actor, asked.today),
        "may_decide": bool(actor.organises or actor.leads),
        "is_reader": bool(actor.organises or actor.audits),
        "reads_books": reads_books,
        "download": url_for("home.desk_sheet", org=code, year=figures.year),
    }


def _waiting(session: Session, actor: Actor, today: date) -> dict[str, Any]:
    """Return the list of what waits, and what is to be closed, with least time left first."""
    decides = bool(actor.organises or actor.leads)
    late = unclosed(session, actor.organises, now(), team_ids=actor.leads) if decides else []
    return {
        "todos": todos(session, actor, now(), today, len(late)),
        "unclosed": [unclosed_line(each, today) for each in late[:MOST_UNCLOSED]],
        "unclosed_count": len(late),
    }
