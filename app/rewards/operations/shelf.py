"""Put items on the shelf, change what they say, take them off it and put them back."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.errors import N_, NotFound, RuleBroken
from app.organisations.queries import ancestors_of
from app.people.models import Login
from app.pictures.operations import keep_picture
from app.pictures.rules import Shrunk
from app.rewards.models import ItemColour, ItemVersion, Partner, ShelfItem
from app.rewards.operations.keeping import (
    check_own,
    hold_own_item,
    hold_own_open_shelf,
    note_kept,
)
from app.rewards.rules.items import ITEM_KINDS, BadItem, ItemSaid, check_item
from app.rewards.rules.stock import check_quantity
from app.teams.models import Colour
from app.teams.rules import Actor
from app.trail.operations import remember, remembered

DEFAULT_LOW_AT = 3
# What a version says in columns of its own; the colours stand in their table.
SAID_COLUMNS = tuple(name for name in ItemSaid._fields if name != "colour_ids")


class ChangedMeanwhile(RuleBroken):
    """The page showed an older version than the one that stands."""

    code = "changed_meanwhile"
    message = N_(
        "%(by)s changed this item on %(at)s, after you had opened it; nothing was saved."
        " Compare, and save again."
    )


class PartnerElsewhere(BadItem):
    """Partners are those of the organisation and of those above it, while they last."""

    code = "bad_partner"
    message = N_("Choose a partner from the list.")


class Kept(NamedTuple):
    """What an item says now, and what is kept beside its versions."""

    said: ItemSaid
    kind: str
    low_at: int


def add_item(
    session: Session,
    organisation_id: int,
    kept: Kept,
    *,
    actor: Actor,
    now: datetime,
    key: str,
    picture: Shrunk | None = None,
) -> int:
    """Put an item on an organisation's shelf, without stock yet, and return its id."""
    check_own(organisation_id, actor)
    content = _content("shelf.add", organisation_id, kept, picture)
    before = remembered(session, actor.login_id, key, content)
    if before is not None:
        return int(before["item_id"])
    hold_own_open_shelf(session, organisation_id, actor)
    _check(session, organisation_id, kept, None)
    item = ShelfItem(
        organisation_id=organisation_id,
        kind=kept.kind,
        version=1,
        available=0,
        reserved=0,
        low_at=kept.low_at,
        made_by_id=actor.login_id,
        made_at=now,
    )
    session.add(item)
    session.flush()
    said = _with_picture(session, kept.said, picture, actor, now)
    _write_version(session, item, said, actor, now)
    after = _plain(kept._replace(said=said))
    note_kept(session, "shelf.add", item, actor=actor, now=now, after=after)
    remember(session, actor.login_id, key, content, {"item_id": item.id}, now)
    return item.id


def change_item(
    session: Session,
    item_id: int,
    kept: Kept,
    *,
    shown_version: int,
    actor: Actor,
    now: datetime,
    key: str,
    picture: Shrunk | None = None,
) -> int:
    """Let an item say something else from now on; return the number of its version.

    Whoever redeems at this moment is charged what they were shown, or refused.
    """
    content = {**_content("shelf.change", item_id, kept, picture), "shown": shown_version}
    done = remembered(session, actor.login_id, key, content)
    if done is not None:
        return int(done["version"])
    item = hold_own_item(session, item_id, actor)
    before = kept_of(session, item)
    if item.version != shown_version:
        raise _changed_meanwhile(session, item)
    _check(session, item.organisation_id, kept, before.said)
    said = _with_picture(session, kept.said, picture, actor, now)
    after = kept._replace(said=said)
    if after != before:
        item.version += 1
        item.kind, item.low_at = after.kind, after.low_at
        _write_version(session, item, said, actor, now)
        old, new = _plain(before), _plain(after)
        note_kept(
            session,
            "shelf.change",
            item,
            actor=actor,
            now=now,
            before={name: value for name, value in old.items() if new[name] != value},
            after={
                "version": item.version,
                **{name: value for name, value in new.items() if old[name] != value},
            },
        )
    remember(session, actor.login_id, key, content, {"version": item.version}, now)
    return item.version


def withdraw_item(session: Session, item_id: int, *, actor: Actor, now: datetime) -> bool:
    """Take an item off the shelf; what is set aside is still collected. False: it was off."""
    item = hold_own_item(session, item_id, actor)
    if item.withdrawn_at is not None:
        return False
    item.withdrawn_at = now
    session.flush()
    note_kept(session, "shelf.withdraw", item, actor=actor, now=now)
    return True


def put_back_item(session: Session, item_id: int, *, actor: Actor, now: datetime) -> bool:
    """Put a withdrawn item back on the shelf. False: it stood there."""
    item = hold_own_item(session, item_id, actor)
    hold_own_open_shelf(session, item.organisation_id, actor)
    if item.withdrawn_at is None:
        return False
    item.withdrawn_at = None
    session.flush()
    note_kept(session, "shelf.put_back", item, actor=actor, now=now)
    return True


def kept_of(session: Session, item: ShelfItem) -> Kept:
    """Return what an item says in its current version."""
    version = session.scalars(
        select(ItemVersion).where(
            ItemVersion.item_id == item.id, ItemVersion.number == item.version
        )
    ).one()
    colours = select(ItemColour.colour_id).where(ItemColour.item_version_id == version.id)
    values = {name: getattr(version, name) for name in SAID_COLUMNS}
    said = ItemSaid(**values, colour_ids=frozenset(session.scalars(colours)))
    return Kept(said, item.kind, item.low_at)


def _check(session: Session, organisation_id: int, kept: Kept, before: ItemSaid | None) -> None:
    check_item(kept.said)
    if kept.kind not in ITEM_KINDS:
        raise BadItem
    check_quantity(kept.low_at, least=0)
    # A picture is seen by everybody: it is either the item's own already, or sent with it.
    if kept.said.picture_id not in {None, before.picture_id if before else None}:
        raise NotFound
    above = ancestors_of(session, organisation_id)
    _check_partner(session, above, kept.said.partner_id, before.partner_id if before else None)
    known = set(session.scalars(select(Colour.id).where(Colour.organisation_id == above[-1])))
    if not kept.said.colour_ids <= known:
        raise NotFound


def _check_partner(
    session: Session, above: list[int], partner_id: int | None, was_id: int | None
) -> None:
    if partner_id is None or partner_id == was_id:
        return
    partner = session.get(Partner, partner_id)
    if partner is None or partner.organisation_id not in above or partner.ended_at is not None:
        raise PartnerElsewhere


def _with_picture(
    session: Session, said: ItemSaid, picture: Shrunk | None, actor: Actor, now: datetime
) -> ItemSaid:
    if picture is None:
        return said
    made = keep_picture(session, picture, actor_id=actor.login_id, now=now)
    return said._replace(picture_id=made)


def _write_version(
    session: Session, item: ShelfItem, said: ItemSaid, actor: Actor, now: datetime
) -> None:
    values = {name: getattr(said, name) for name in SAID_COLUMNS}
    version = ItemVersion(
        item_id=item.id, number=item.version, made_by_id=actor.login_id, made_at=now, **values
    )
    session.add(version)
    session.flush()
    session.add_all(
        ItemColour(item_version_id=version.id, colour_id=colour_id)
        for colour_id in sorted(said.colour_ids)
    )
    session.flush()


def _changed_meanwhile(session: Session, item: ShelfItem) -> ChangedMeanwhile:
    by, at = session.execute(
        select(Login.display_name, ItemVersion.made_at)
        .join(Login, Login.id == ItemVersion.made_by_id)
        .where(ItemVersion.item_id == item.id, ItemVersion.number == item.version)
    ).one()
    return ChangedMeanwhile(by=by, at=at)


def _plain(kept: Kept) -> dict[str, Any]:
    colours = sorted(kept.said.colour_ids)
    return {
        **kept.said._asdict(),
        "colour_ids": colours,
        "kind": kept.kind,
        "low_at": kept.low_at,
    }


def _content(operation: str, subject_id: int, kept: Kept, picture: Shrunk | None) -> dict[str, Any]:
    sha256 = picture.sha256 if picture else None
    return {"operation": operation, "of": subject_id, "picture": sha256, **_plain(kept)}
