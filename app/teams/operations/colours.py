"""Rename a theme, add a colour beside the seven, retire one; what it coloured stays coloured."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.db import is_postgresql
from app.errors import N_, NotFound, RuleBroken
from app.organisations.models import Organisation
from app.teams.models import Colour, Team
from app.trail.operations import note

# The key of an added colour is its tone in static/css/tokens.css, where contrast is guarded.
FREE_TONES: Mapping[str, str] = {
    "pink": "#c2417f",
    "brown": "#7d5332",
    "olive": "#a9a53a",
    "teal": "#14645c",
    "slate": "#63717f",
}
# When every tone is taken, the character alone tells colours apart.
PLAIN = "plain"
HEX_OF_PLAIN = "#7d848d"
LONGEST_THEME = 12


class ThemeUnfit(RuleBroken):
    code = "bad_theme"
    message = N_("The theme of a colour has 1 to %(longest)s visible characters.")


class GlyphUnfit(RuleBroken):
    code = "bad_glyph"
    message = N_("A colour is shown by one character, a letter or a Chinese character.")


class GlyphTaken(RuleBroken):
    code = "glyph_taken"
    message = N_("The character %(glyph)s stands for %(name)s already.")


class ThemeTaken(RuleBroken):
    code = "theme_taken"
    message = N_("There is a colour named %(name)s already.")


class ToneTaken(RuleBroken):
    code = "tone_taken"
    message = N_("This tone belongs to %(name)s already; choose another.")


class StillBorne(RuleBroken):
    code = "colour_borne"
    message = N_(
        "Teams in service bear this colour: %(teams)s. Give them another colour or retire them"
        " first."
    )


def add_colour(
    session: Session,
    root_id: int,
    *,
    name: str,
    glyph: str,
    tone: str,
    actor_id: int | None,
    now: datetime,
) -> Colour:
    """Give an organisation root one more colour, with a free tone or the plain one."""
    check_theme(name)
    check_glyph(glyph)
    known = _locked(session, root_id)
    _refuse_theme(known, name)
    taken = next((one for one in known if one.glyph == glyph), None)
    if taken is not None:
        raise GlyphTaken(glyph=glyph, name=taken.name)
    made = Colour(
        organisation_id=root_id,
        key=_key(known, tone),
        name=name,
        glyph=glyph,
        hex=FREE_TONES.get(tone, HEX_OF_PLAIN),
        position=max((one.position for one in known), default=0) + 1,
    )
    session.add(made)
    after = {"name": name, "glyph": glyph, "tone": tone}
    _note(session, "add_colour", made, actor_id, now, None, after)
    return made


def rename_colour(
    session: Session, colour_id: int, *, name: str, actor_id: int | None, now: datetime
) -> None:
    """Give a colour another theme."""
    check_theme(name)
    colour, known = _held(session, colour_id)
    if colour.name == name:
        return
    _refuse_theme(known, name)
    before, colour.name = {"name": colour.name}, name
    _note(session, "rename_colour", colour, actor_id, now, before, {"name": name})


def retire_colour(
    session: Session, colour_id: int, *, on: date, actor_id: int | None, now: datetime
) -> None:
    """Offer a colour to no team any more, once no team in service bears it."""
    colour, _ = _held(session, colour_id)
    if colour.retired_on is not None:
        return
    bearing = session.scalars(
        select(Team.name)
        .where(Team.colour_id == colour_id, Team.retired_on.is_(None))
        .order_by(Team.code)
    ).all()
    if bearing:
        raise StillBorne(teams=list(bearing))
    colour.retired_on = on
    before, after = {"retired_on": None}, {"retired_on": on}
    _note(session, "retire_colour", colour, actor_id, now, before, after)


def reopen_colour(session: Session, colour_id: int, *, actor_id: int | None, now: datetime) -> None:
    """Offer a retired colour to teams again."""
    colour, _ = _held(session, colour_id)
    if colour.retired_on is None:
        return
    before, colour.retired_on = {"retired_on": colour.retired_on}, None
    _note(session, "reopen_colour", colour, actor_id, now, before, {"retired_on": None})


def check_theme(name: str) -> None:
    """Refuse a theme nobody could read."""
    if not (1 <= len(name) <= LONGEST_THEME and name.isprintable() and name.strip() == name):
        raise ThemeUnfit(longest=LONGEST_THEME)


def check_glyph(glyph: str) -> None:
    """Refuse what is not one character that every screen shows."""
    if len(glyph) != 1 or not glyph.isalnum():
        raise GlyphUnfit


def _held(session: Session, colour_id: int) -> tuple[Colour, list[Colour]]:
    colour = session.get(Colour, colour_id)
    if colour is None:
        raise NotFound
    known = _locked(session, colour.organisation_id)
    return colour, known


def _locked(session: Session, root_id: int) -> list[Colour]:
    """Return the colours of a root, which nobody else changes until the commit."""
    held = select(Organisation.id).where(Organisation.id == root_id)
    if is_postgresql(session):
        held = held.with_for_update(key_share=True)
    if session.scalar(held) is None:
        raise NotFound
    query = select(Colour).where(Colour.organisation_id == root_id).order_by(Colour.position)
    return list(session.scalars(query.execution_options(populate_existing=True)))


def _refuse_theme(known: list[Colour], name: str) -> None:
    if any(one.name == name for one in known):
        raise ThemeTaken(name=name)


def _key(known: list[Colour], tone: str) -> str:
    if tone == PLAIN:
        return f"own-{len(known) + 1}"
    if tone not in FREE_TONES:
        raise NotFound
    taken = next((one for one in known if one.key == tone), None)
    if taken is not None:
        raise ToneTaken(name=taken.name)
    return tone


def _note(
    session: Session,
    operation: str,
    colour: Colour,
    actor_id: int | None,
    now: datetime,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
) -> None:
    session.flush()
    note(
        session,
        operation=operation,
        actor_id=actor_id,
        at=now,
        subject_kind="colour",
        subject_id=colour.id,
        organisation_id=colour.organisation_id,
        before=before,
        after=after,
    )
