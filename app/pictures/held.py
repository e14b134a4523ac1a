"""A photo on its way through a form that came back: drawn anew already, sealed for its sender.

Nothing is kept here until the form goes through; the picture travels with the page.
"""

from __future__ import annotations

from base64 import b64decode, b64encode

from flask import current_app
from itsdangerous import BadSignature, TimestampSigner

from app.pictures.rules import Face, Shrunk

HELD_SECONDS = 24 * 3600
# A page stays well below what a form may send; a photo beyond is asked for again.
MOST_HELD_CHARACTERS = 1_200_000
_FACE_PARTS = 3


def sealed(picture: Shrunk, login_id: int) -> str | None:
    """Return a picture as a form carries it, for this login alone; None when it is too large."""
    faces = [f"{face.width},{face.height},{_text(face.content)}" for face in picture[1:]]
    body = "|".join([str(login_id), picture.sha256, *faces])
    return _signer().sign(body).decode() if len(body) <= MOST_HELD_CHARACTERS else None


def opened(given: str, login_id: int) -> Shrunk | None:
    """Return a picture that was sealed for this login within a day; anything else is none."""
    try:
        body = _signer().unsign(given, max_age=HELD_SECONDS).decode()
    except BadSignature:
        return None
    owner, sha256, large, small = body.split("|")
    return Shrunk(sha256, _face(large), _face(small)) if owner == str(login_id) else None


def _face(text: str) -> Face:
    width, height, content = text.split(",", _FACE_PARTS - 1)
    return Face(int(width), int(height), b64decode(content))


def _text(content: bytes) -> str:
    return b64encode(content).decode()


def _signer() -> TimestampSigner:
    return TimestampSigner(current_app.config["SECRET_KEY"], salt="a photo held")
