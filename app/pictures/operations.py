"""Keep a picture, in the transaction of what it belongs to."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from app.pictures.models import Picture
from app.pictures.rules import MEDIA_TYPE, Shrunk


def keep_picture(session: Session, shrunk: Shrunk, *, actor_id: int, now: datetime) -> int:
    """Keep a picture drawn anew and return its id; whoever calls writes what it belongs to."""
    picture = Picture(
        sha256=shrunk.sha256,
        media_type=MEDIA_TYPE,
        width=shrunk.large.width,
        height=shrunk.large.height,
        large=shrunk.large.content,
        small=shrunk.small.content,
        made_by_id=actor_id,
        made_at=now,
    )
    session.add(picture)
    session.flush()
    return picture.id
