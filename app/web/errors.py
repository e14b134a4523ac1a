"""Error pages: what happened and what to do next, never how the program is built."""

from __future__ import annotations

from flask import Flask, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import (
    HTTPException,
    InternalServerError,
    RequestEntityTooLarge,
    SecurityError,
)
from werkzeug.routing import IntegerConverter

from app.db import MovedAway, db
from app.errors import NotAllowed, NotFound, RuleBroken
from app.web.resending import ask_to_send_again, ask_to_wait
from app.web.saying import say
from app.web.troubles import trouble_of

PAGES = frozenset({400, 403, 404, 405, 413, 422, 429})
BIGGEST_ID = 2**63 - 1


class IdConverter(IntegerConverter):
    """`<int:id>` in an address; what no id can be is not found rather than a database error."""

    regex = r"[0-9]{1,19}"

    def __init__(self, url_map: object, *args: object, **kw: object) -> None:
        super().__init__(url_map, *args, **{"max": BIGGEST_ID, **kw})  # type: ignore[arg-type]


def init_errors(app: Flask) -> None:
    """Give every refusal and failure its page."""
    app.url_map.converters["int"] = IdConverter
    app.before_request(_refuse_foreign_host)
    app.before_request(_refuse_nul)
    app.register_error_handler(CSRFError, _token_gone)
    app.register_error_handler(RuleBroken, _refused)
    app.register_error_handler(SQLAlchemyError, _database_failed)
    app.register_error_handler(MovedAway, _database_failed)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InternalServerError, _failed)


def error_page(status: int, reason: str | None = None) -> Response:
    """Return the page of a status, with the reason when there is one to tell."""
    page = status if status in PAGES else 400
    return make_response(render_template(f"errors/{page}.html", reason=reason), status)


def _refuse_foreign_host() -> None:
    """Under a host that is not ours no link can be written, so nobody may begin a page."""
    if isinstance(request.routing_exception, SecurityError):
        raise request.routing_exception


def _refuse_nul() -> ResponseReturnValue | None:
    """NUL is in nothing a person types, and PostgreSQL fails on it."""
    texts = [request.path, *request.args.keys(), *request.args.values()]
    if request.endpoint is not None and request.method == "POST":
        texts += [*request.form.keys(), *(value for _, value in request.form.items(multi=True))]
    return error_page(400) if any("\x00" in text for text in texts) else None


def _token_gone(_error: CSRFError) -> ResponseReturnValue:
    return ask_to_send_again()


def _refused(refusal: RuleBroken) -> ResponseReturnValue:
    db.session.rollback()
    if isinstance(refusal, NotFound):
        # The same page whether it does not exist or lies outside the actor's reach (I-22).
        return error_page(404)
    return error_page(403 if isinstance(refusal, NotAllowed) else 422, say(refusal))


def _http(error: HTTPException) -> ResponseReturnValue:
    if isinstance(error, SecurityError):
        # A host that is not ours: there is no address to link a page to.
        return Response("400 Bad Request\n", 400, mimetype="text/plain")
    if error.response is not None or (error.code or 500) < 400:
        return error.get_response()
    if (error.code or 500) >= 500:
        return _broken(error.code or 500)
    page = error_page(error.code or 400)
    for name, value in error.get_headers():
        if name not in {"Content-Type", "Content-Length"}:
            page.headers[name] = value
    if isinstance(error, RequestEntityTooLarge):
        # The rest of the body is not read, so the connection cannot be used again.
        page.headers["Connection"] = "close"
    return page


def _failed(_error: InternalServerError) -> ResponseReturnValue:
    return _broken(500)


def _database_failed(error: SQLAlchemyError | MovedAway) -> ResponseReturnValue:
    """Busy, full, read-only or away is no fault: say so with 503, give back what was typed."""
    trouble = trouble_of(error)
    if trouble is None:
        raise error
    _stand_alone()
    answer = make_response(ask_to_wait(gettext(trouble.why), is_undone=trouble.is_undone))
    answer.headers["Retry-After"] = str(trouble.retry_after)
    return answer


def _broken(status: int) -> Response:
    """Return the page that stands alone: whatever broke may have broken the frame as well."""
    _stand_alone()
    return make_response(
        render_template("errors/500.html", request_id=g.get("request_id", "")), status
    )


def _stand_alone() -> None:
    """From here on nothing of the page asks the database."""
    db.session.rollback()
    g.is_broken = True
