"""The one page of an empty instance: look at the demo, or found a community."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.wrappers import Response

from app.clock import now, today_in
from app.db import transaction
from app.demo.serving import PREFIX, find_demo_server
from app.demo.sign_ins import SIGN_INS
from app.errors import RuleBroken
from app.founding.operations import Founder, found_community
from app.founding.rules import AlreadyFounded
from app.home.start_access import check_founder, needs_founding_code
from app.home.start_forms import FoundingForm
from app.people.access import address, begin_cookie, device, hash_cost
from app.people.operations import Begun, sign_in
from app.people.rules.passwords import check_password, hash_password
from app.web.addresses import is_readable
from app.web.edge import current_site
from app.web.languages import chosen_zone
from app.web.policy import allow, not_found
from app.web.saying import say

blueprint = Blueprint("start", __name__)

# What an empty instance answers beside its one page.
OPEN_ENDPOINTS = frozenset({"static", "web.preferences", "start.found", "start.open_demo"})
NEXT_STEP = "/admin/people"
# Which field a refusal of the core is about.
FIELDS = {
    "bad_name": "name",
    "bad_code": "code",
    "code_taken": "code",
    "bad_login": "login",
    "login_taken": "login",
    "bad_password": "password",
    "missing": "person",
    "bad_number": "number",
    "wrong_founding_code": "founding_code",
}


def init_start(app: Flask) -> None:
    """Let an empty instance answer every address with the start page."""
    app.before_request(_answer_empty)


def _answer_empty() -> ResponseReturnValue | None:
    if current_site() is not None or request.endpoint in OPEN_ENDPOINTS:
        return None
    if isinstance(request.routing_exception, MethodNotAllowed):
        return None
    if request.method in {"GET", "HEAD"}:
        return _page(FoundingForm(formdata=None))
    return redirect(url_for("start.found"), 303)


@blueprint.route("/start", methods=["GET", "POST"])
@allow("instance.start")
def found() -> ResponseReturnValue:
    """Found the community and sign its founder in; once there is one, nothing is here."""
    if current_site() is not None:
        return _has_been_founded() if request.method == "POST" else not_found()
    form = FoundingForm()
    if form.validate_on_submit():
        try:
            return _founded(form)
        except AlreadyFounded as refusal:
            return _has_been_founded(refusal)
        except RuleBroken as refusal:
            form.refuse(refusal, FIELDS.get(refusal.code))
    return _page(form), 422 if form.is_submitted() else 200


@blueprint.post("/start/demo")
@allow("instance.start")
def open_demo() -> ResponseReturnValue:
    """Make the demo when it is missing, and lead there."""
    server = find_demo_server(current_app)
    if current_site() is not None or server is None:
        not_found()
    server.build_missing(now())
    return redirect(f"{request.script_root}{PREFIX}/", 303)


def _founded(form: FoundingForm) -> Response:
    check_founder(form.founding_code.data or "")
    begun = _found(
        name=form.name.data or "",
        code=form.code.data or "",
        login_name=form.login.data or "",
        password=form.password.data or "",
        person=_person(form),
    )
    begin_cookie(begun)
    flash(
        _(
            "Your community is set up, with its seven teams and the points rule. "
            "The next step: add its people."
        ),
        "success",
    )
    if form.is_volunteer.data and not form.person.data:
        flash(
            _(
                "You left your name empty, so you are not among the volunteers yet. "
                "Add yourself as you add the others, then say under My account that it is you."
            ),
            "info",
        )
    path = request.script_root + NEXT_STEP
    return redirect(path if is_readable(path) else f"{request.script_root}/", 303)


def _person(form: FoundingForm) -> Founder | None:
    if not form.person.data:
        return None
    return Founder(form.person.data, form.is_volunteer.data, form.number.data or None)


def _found(
    *, name: str, code: str, login_name: str, password: str, person: Founder | None
) -> Begun:
    check_password(password, [login_name, name, code])
    # Hashing takes its time: before the transaction, not in it.
    password_hash, at = hash_password(password, hash_cost()), now()
    today = today_in(chosen_zone(), at)
    with transaction() as session:
        founded = found_community(
            session,
            name=name,
            code=code,
            login_name=login_name,
            password_hash=password_hash,
            now=at,
            today=today,
            founder=person,
        )
        return sign_in(
            session,
            founded.login_id,
            verified_hash=password_hash,
            address=address(),
            device=device(),
            now=at,
            today=today,
        )


def _has_been_founded(refusal: AlreadyFounded | None = None) -> Response:
    """Tell a second tap, or a second founder, where to go on."""
    site = current_site()
    flash(say(refusal or AlreadyFounded(name=site.name if site else "")), "info")
    return redirect(f"{request.script_root}/sign-in", 303)


def _page(form: FoundingForm) -> str:
    server = find_demo_server(current_app)
    return render_template(
        "home/start.html",
        form=form,
        asks_code=needs_founding_code(),
        offers_demo=server is not None,
        demo_sign_ins=SIGN_INS,
        # Nothing else is there to go to yet.
        nav=None,
    )
