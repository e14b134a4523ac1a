"""Send a picture to whoever may see what it belongs to; to all others there is none."""

from __future__ import annotations

from flask import Blueprint, Response, g, redirect, request
from flask.typing import ResponseReturnValue

from app.db import db
from app.pictures.queries import find_picture
from app.pictures.rules import Size
from app.pictures.serving import may_see
from app.web.actor import find_actor
from app.web.addresses import here
from app.web.headers import THIS_BROWSER
from app.web.policy import allow, not_found, sign_in_url

blueprint = Blueprint("pictures", __name__)

# Opened by itself it is a picture and nothing else, whatever its bytes may say.
ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"


@blueprint.get("/pictures/<int:picture_id>/<any(large, small):size>")
@allow("picture.read")
def picture(picture_id: int, size: Size) -> ResponseReturnValue:
    """Send one size; the browser keeps it and asks each time whether it still may."""
    session, actor = db.session(), find_actor()
    if not may_see(session, actor, picture_id):
        # Whether there is one at all is told to nobody who has not said who they are.
        return not_found() if actor else redirect(sign_in_url(here()), 303)
    found = find_picture(session, picture_id, size) or not_found()
    response = Response(found.content, content_type=found.media_type)
    response.headers["Content-Security-Policy"] = ALONE
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.set_etag(f"{found.sha256[:32]}-{size}")
    g.keep_for = THIS_BROWSER
    return response.make_conditional(request)
