"""A site with a few pages of its own, answered as anyone the test names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, render_template_string, request
from wtforms.validators import InputRequired

from app.errors import N_, NotAllowed, NotFound, RuleBroken
from app.teams.rules import Actor
from app.web.edge import Site
from app.web.forms import Form, HoursField, TextField
from app.web.policy import allow

MakeSite = Callable[..., Flask]
VOLUNTEER = Actor(login_id=1, volunteer_id=1, name="谷雨")
LEADER = Actor(login_id=2, volunteer_id=2, name="白露", leads=frozenset({1}))
ORGANISER = Actor(login_id=3, volunteer_id=None, name="立夏", organises=frozenset({1}))
ADMIN = Actor(login_id=4, volunteer_id=None, name="霜降", is_admin=True)


class TooFull(RuleBroken):
    message = N_("This day holds %(held)s of %(limit)s minutes.")


class WordForm(Form):
    word = TextField("Word", [InputRequired()], most=5)
    hours = HoursField("Hours")


@pytest.fixture
def make_site(make_app: Callable[..., Flask]) -> MakeSite:
    """Return a maker of sites: `make_site(actor, language="en", WTF_CSRF_ENABLED=True)`."""

    def make(actor: Actor | None = None, *, language: str | None = None, **config: Any) -> Flask:
        app = make_app(**config)
        app.extensions["qicai"] = app.extensions["qicai"]._replace(
            load_actor=lambda: actor,
            load_site=lambda: Site(1, "涂新社区", "Asia/Shanghai"),
            remembered_language=lambda _login_id: language,
        )
        add_pages(app)
        return app

    return make


def add_pages(app: Flask) -> None:
    @app.get("/t/public")
    @allow("public.read")
    def public() -> str:
        return render_template_string('{% extends "base.html" %}{% block main %}ok{% endblock %}')

    @app.get("/t/led/<int:team_id>")
    @allow("service_record.enter")
    def led(team_id: int) -> str:
        return f"team {team_id}"

    @app.post("/t/led")
    @allow("service_record.enter")
    def enter() -> str:
        return "entered " + request.form.get("note", "")

    @app.get("/t/forgotten")
    def forgotten() -> str:
        return "no right names this"

    @app.get("/t/refused/<kind>")
    @allow("public.read")
    def refused(kind: str) -> str:
        if kind == "lost":
            return str(1 // 0)
        raise {"absent": NotFound(), "forbidden": NotAllowed()}.get(
            kind, TooFull(held=450, limit=480)
        )

    @app.route("/t/form", methods=["GET", "POST"])
    @allow("public.read")
    def form() -> str:
        filled = WordForm()
        return f"{filled.validate_on_submit()} {filled.errors} {filled.hours.data}"
