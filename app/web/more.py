"""The phone's fifth tab of a desk: everything the side bar of a wide screen shows."""

from __future__ import annotations

from flask import Blueprint, render_template

from app.web.policy import allow

blueprint = Blueprint("more", __name__)


@blueprint.get("/more")
@allow("organisation.read")
def more() -> str:
    """Every way through the desk, by its heading; the shell knows them."""
    return render_template("more.html")
