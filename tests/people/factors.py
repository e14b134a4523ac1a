"""A login with a second factor, and the codes its phone would show."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from flask.testing import FlaskClient

from app.clock import now
from app.people.rules.second_factor import code_at, step_at
from tests.people.conftest import PASSWORD

PAGE = "/me/second-factor"


def sign_in(client: FlaskClient, account: str = "xiazhi", password: str = PASSWORD, **more: str):
    """Give a password; whoever has a second factor is asked for it next."""
    return client.post("/sign-in", data={"account": account, "password": password, **more})


def secret_on(page: str) -> str:
    """Return the secret that a page shows for typing into an app."""
    shown = re.search(r"q-factorkey[^>]*>([A-Z2-7 ]+)<", page)
    assert shown, page
    return shown[1].replace(" ", "")


def code_of(secret: str, later: int = 0) -> str:
    """Return the code the phone shows now, or so many steps later."""
    return code_at(secret, step_at(now()) + later)


def set_up(client: FlaskClient) -> tuple[str, list[str]]:
    """Set a second factor up for whoever is signed in; return its secret and recovery codes."""
    secret = secret_on(client.get(PAGE).text)
    answer = client.post(PAGE, data={"proof": code_of(secret)})
    assert answer.status_code == 303, answer.text
    return secret, re.findall(
        r"<li class=\"q-num\">([A-Z0-9-]+)</li>", client.get(answer.location).text
    )


def half_a_minute_later(traveller: object, at: datetime, steps: int = 1) -> datetime:
    """Let the phone show another code."""
    later = at + timedelta(seconds=30 * steps)
    traveller.move_to(later)  # type: ignore[attr-defined]
    return later
