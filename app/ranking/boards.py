"""A public board found by its address, and who may do more there than read it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

from flask import Flask, current_app, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from app.clock import now, today_in
from app.db import db
from app.organisations.models import Organisation
from app.organisations.queries import find_organisation, root_id_of, settings_of
from app.organisations.rules import Settings
from app.people.queries import get_volunteer
from app.ranking.queries.boards import Published
from app.ranking.queries.snapshots import Snapshot, snapshots_of
from app.teams.rules import Actor
from app.web.actor import find_actor
from app.web.filters import day
from app.web.policy import not_found

EXTENSION = "qicai_award_certificates"
YEARS = range(1990, 2200)
# A list is news from its freeze until so long after its end.
NEWS_FOR = timedelta(days=60)
# Returns by award the number of the certificate that holds.
Numbers = Callable[[Session, Collection[int]], Mapping[int, str]]


class Board(NamedTuple):
    """One organisation's year in public: the list that stands first, the corrected ones behind."""

    organisation: Organisation
    settings: Settings
    year: int
    today: date
    snapshots: list[Snapshot]
    # The list that is shown: the one that stands, or an older one that was asked for.
    shown: Snapshot | None

    @property
    def standing(self) -> Snapshot | None:
        """The list that stands; none before a notice."""
        return self.snapshots[0] if self.snapshots else None

    @property
    def takes_objections(self) -> bool:
        """Tell whether the notice lasts today."""
        standing = self.standing
        return standing is not None and standing.final_at is None and not self.is_over

    @property
    def is_over(self) -> bool:
        """Tell whether the days of the notice are over."""
        return self.standing is not None and self.today > self.standing.until_on


class Announced(NamedTuple):
    """The newest list of somebody's community, for a line on a front page."""

    url: str
    title: str
    about: str


def announced(one: Published | None, today: date) -> Announced | None:
    """Return a published list as a line of a front page while it is news, or None."""
    if one is None:
        return None
    last_on = one.final_at.date() if one.final_at else one.until_on
    if today > last_on + NEWS_FOR:
        return None
    return Announced(
        url_for("pioneers.board", code=one.code, year=one.year),
        str(_("Volunteer pioneers %(year)s", year=one.year)),
        str(_("%(name)s · %(about)s", name=one.name, about=state_of(one, today))),
    )


def state_of(one: Published, today: date) -> str:
    """Return where a published year stands, in words."""
    if one.final_at is not None:
        return str(_("Final"))
    if today > one.until_on:
        return str(_("Notice ended"))
    return str(_("Under notice until %(day)s", day=day(one.until_on, with_year=True)))


def init_boards(app: Flask, numbers: Numbers) -> None:
    """Learn who knows the certificates of awards."""
    app.extensions[EXTENSION] = numbers


def certificate_numbers(session: Session, award_ids: Collection[int]) -> Mapping[int, str]:
    """Return by award the number of its certificate, where one holds."""
    numbers: Numbers = current_app.extensions[EXTENSION]
    return numbers(session, award_ids)


def found_board(code: str, year: int) -> Board:
    """Return the board of an address; an organisation or a list that is none is not found."""
    session = db.session()
    organisation = find_organisation(session, code)
    if organisation is None or year not in YEARS:
        not_found()
    settings = settings_of(session, organisation.id)
    lists = snapshots_of(session, organisation.id, year)
    today = today_in(settings.time_zone, now())
    return Board(organisation, settings, year, today, lists, _asked_list(lists))


def _asked_list(lists: list[Snapshot]) -> Snapshot | None:
    asked = request.args.get("list", "")
    if not asked:
        return lists[0] if lists else None
    found = [one for one in lists if str(one.number) == asked]
    return found[0] if found else not_found()


def may_have_numbers(session: Session, organisation: Organisation, actor: Actor | None) -> bool:
    """Tell whether somebody may have the list by volunteer numbers: who organises, audits, or
    is a volunteer of the same tree."""
    if actor is None:
        return False
    if organisation.id in actor.organises | actor.audits:
        return True
    return is_of_tree(session, organisation.id, actor)


def is_of_tree(session: Session, organisation_id: int, actor: Actor) -> bool:
    """Tell whether whoever acts, or whom they act for, is a volunteer of an organisation's tree."""
    if actor.own_id is None:
        return False
    home_id = get_volunteer(session, actor.own_id).organisation_id
    return root_id_of(session, home_id) == root_id_of(session, organisation_id)


def reader_id() -> int | None:
    """Return the volunteer whose own row is marked, if somebody is signed in."""
    actor = find_actor()
    return actor.own_id if actor else None
