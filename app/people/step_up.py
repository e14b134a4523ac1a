"""Weighty acts ask again who is there: a code or the password, when the last one is long ago.

The form that was sent is kept on the page that asks, and carried out with the answer to it. So
no half-done act is stored anywhere, and nothing is typed twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from flask import make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.clock import now
from app.db import db
from app.errors import RuleBroken
from app.people.access import current_sign_in
from app.people.forms import ProofForm
from app.people.proving import prove
from app.people.queries import SignedIn, candidates_by_id, has_factor
from app.people.rules.second_factor import is_fresh
from app.people.rules.sign_in import TooManyTries
from app.web.addresses import here
from app.web.policy import not_found

View = TypeVar("View", bound=Callable[..., ResponseReturnValue])

PROOF = "proof"
ASKS = "__qicai_asks_again__"
# What the page that asks never repeats: its own fields, and secrets.
_NOT_KEPT = re.compile(rf"csrf_token|{PROOF}|.*(password|secret|token).*|(.*_)?pin(_.*)?")


def asks_again(view: View) -> View:
    """Ask who sends this form, unless they proved it minutes ago; stands below `@allow`."""
    return _asking(view, "POST")


def asks_again_where(field: str, value: str) -> Callable[[View], View]:
    """Ask who sends this form where a field says what is weighty; stands below `@allow`."""

    def asking(view: View) -> View:
        return _asking(view, "POST", lambda: request.form.get(field) == value)

    return asking


def asks_again_if(is_weighty: Callable[[], bool]) -> Callable[[View], View]:
    """Ask who sends this form where what it is about is weighty; stands below `@allow`."""

    def asking(view: View) -> View:
        return _asking(view, "POST", is_weighty)

    return asking


def asks_again_to_read(view: View) -> View:
    """Ask who fetches this file, unless they proved it minutes ago; stands below `@allow`."""
    return _asking(view, "GET")


def is_proven_now() -> bool:
    """Tell whether whoever is signed in proved it minutes ago."""
    signed = current_sign_in()
    return signed is not None and is_fresh(signed.proven_at, now())


def _asking(view: View, method: str, is_weighty: Callable[[], bool] = lambda: True) -> View:
    @wraps(view)
    def guarded(*given: object, **named: object) -> ResponseReturnValue:
        is_asked = request.method in ({"GET", "HEAD"} if method == "GET" else {method})
        is_asked = is_asked and is_weighty() and not is_proven_now()
        refused = _asked(method) if is_asked else None
        return view(*given, **named) if refused is None else refused

    setattr(guarded, ASKS, method)
    return guarded  # type: ignore[return-value]


def _asked(method: str) -> Response | None:
    """Return the page that asks, or None when the answer to it was right."""
    if method == "GET":
        return redirect(url_for("factor.prove_page", next=here()), 303)
    form = ProofForm()
    if PROOF not in request.form:
        return proof_page(ProofForm(formdata=None), status=401)
    return tried(form)


def tried(form: ProofForm, *, next_path: str | None = None) -> Response | None:
    """Judge the proof that was typed; return the page that asks once more, or None."""
    status = 422
    if form.validate():
        try:
            prove(_signed(), form.proof.data or "")
        except TooManyTries as refusal:
            status = 429
            form.refuse(refusal, PROOF)
        except RuleBroken as refusal:
            form.refuse(refusal, PROOF)
        else:
            return None
    return proof_page(form, status=status, next_path=next_path)


def proof_page(form: ProofForm, *, status: int = 200, next_path: str | None = None) -> Response:
    """Return the page that asks, with the form that was sent kept on it."""
    signed = _signed()
    (own,) = candidates_by_id(db.session(), [signed.login_id])
    form.proof.data = None
    page = render_template(
        "people/prove.html",
        form=form,
        own=own,
        by_code=has_factor(db.session(), signed.login_id),
        kept=_kept() if request.method == "POST" else [],
        action=here(),
        next=next_path,
    )
    return make_response(page, status)


def _kept() -> list[tuple[str, str]]:
    """Return the fields of the form that was sent; its token was right, so it is their own."""
    return [
        (name, value)
        for name, value in request.form.items(multi=True)
        if not _NOT_KEPT.fullmatch(name)
    ]


def _signed() -> SignedIn:
    return current_sign_in() or not_found()
