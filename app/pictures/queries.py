"""One picture's bytes."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.pictures.models import Picture
from app.pictures.rules import Size


class Sent(NamedTuple):
    """What a browser gets."""

    sha256: str
    media_type: str
    content: bytes


def find_picture(session: Session, picture_id: int, size: Size) -> Sent | None:
    """Return one size of a picture, or None."""
    column = Picture.large if size == "large" else Picture.small
    query = select(Picture.sha256, Picture.media_type, column).where(Picture.id == picture_id)
    row = session.execute(query).first()
    return Sent(row[0], row[1], bytes(row[2])) if row else None
