"""Wild input for the pages that exist only once something happened on a service day.

A code was scanned, an activity can be closed or was, a claim waits, a record is disputed, a year
can be confirmed: what the named cast has none of.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from app.activities.models import Activity
from app.db import db
from app.evaluations.rules import invite_token
from tests.activities.checks import codes
from tests.claims.conftest import claimed
from tests.disputes.community import act, disputed, served
from tests.service.community import NOW, check_books
from tests.service.conftest import Town, make_town, town
from tests.service.test_closing_page import announced, send
from tests.web.test_wild_input import forms_of, try_wild_fields, try_wild_questions

__all__ = ["make_town", "town"]


class Place(NamedTuple):
    """A page in somebody's browser, and where the form on it goes that is tried."""

    client: FlaskClient
    path: str
    action: str


def closing(town: Town) -> Place:
    path = f"/activities/{announced(town, 3, 4)}/close"
    return Place(town.browser("leader"), path, path)


def confirming(town: Town) -> Place:
    # It began five minutes ago.
    activity_id = announced(town, 3, starts_minute=1015, minutes=60)
    client = town.browser("volunteer")
    assert client.get(f"/in/{codes(activity_id, NOW)[0]}").location == "/in/here"
    return Place(client, "/in/here", "/in/here")


def closed(town: Town) -> int:
    activity_id = announced(town, 3)
    assert send(town.browser("leader"), activity_id, present=[town.people[3]]).status_code == 303
    return activity_id


def thanking(town: Town) -> Place:
    activity_id = closed(town)
    secret = db.session().get_one(Activity, activity_id).paper_secret
    db.session.rollback()
    path = f"/thanks/{invite_token(activity_id, 1, secret)}"
    return Place(town.browser("visitor"), path, path)


def evaluating(town: Town) -> Place:
    path = f"/activities/{closed(town)}/evaluations"
    return Place(town.browser("leader"), path, path)


def splitting(town: Town) -> Place:
    path = f"/records/{claimed(town.community).record_id}/split"
    return Place(town.browser("leader"), path, path)


def withdrawing_claim(town: Town) -> Place:
    path = f"/me/claims/{claimed(town.community).record_id}/withdraw"
    return Place(town.browser("volunteer"), path, path)


def disputing(town: Town) -> Place:
    path = f"/records/{served(town.community)}/dispute"
    return Place(town.browser("volunteer"), path, path)


def answering(what: str, name: str = "leader") -> Callable[[Town], Place]:
    def place(town: Town) -> Place:
        dispute_id = disputed(town.community, served(town.community))
        page = f"/disputes/{dispute_id}"
        shown = page if what == "say" else f"{page}/{what}"
        return Place(town.browser(name), shown, f"{page}/{what}")

    return place


def passing_on(town: Town) -> Place:
    dispute_id = disputed(town.community, served(town.community))
    act(town.community, "refuse", dispute_id, by="leader", reason="核对过")
    path = f"/disputes/{dispute_id}/pass-on"
    return Place(town.browser("volunteer"), path, path)


def checking_year(town: Town) -> Place:
    community = town.community
    community.logged(community.line(3, service_on=date(2025, 12, 27)), by="organiser")
    return Place(town.browser("volunteer"), "/me/checked/2025", "/me/checked/2025")


PLACES: dict[str, Callable[[Town], Place]] = {
    "closing": closing,
    "check-in": confirming,
    "thanks": thanking,
    "evaluations": evaluating,
    "claim split": splitting,
    "claim withdraw": withdrawing_claim,
    "dispute": disputing,
    "dispute say": answering("say"),
    "dispute refuse": answering("refuse"),
    "dispute take back": answering("take-back"),
    "dispute correct": answering("correct"),
    "dispute withdraw": answering("withdraw", "volunteer"),
    "dispute pass on": passing_on,
    "year checked": checking_year,
}


@pytest.mark.parametrize("name", PLACES)
def test_no_form_of_a_service_day_fails_on_wild_fields(town: Town, name: str) -> None:
    place = PLACES[name](town)
    assert place.client.get(place.path).status_code == 200
    # Those of the frame around it are tried with every other page.
    forms = [
        form
        for form in forms_of(place.client, [place.path])
        if urlsplit(form.action).path == place.action
    ]
    assert forms, "the page has no such form any more"
    try_wild_fields(place.client, forms)
    check_books(db.session())


@pytest.mark.parametrize("name", PLACES)
def test_no_question_to_a_service_day_s_page_fails(town: Town, name: str) -> None:
    place = PLACES[name](town)
    try_wild_questions(place.client, place.path)
