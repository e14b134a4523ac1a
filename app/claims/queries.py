"""One's own claims; and what stands beside a claim for whoever decides it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, or_, select, union_all
from sqlalchemy.orm import Session, aliased

from app.claims.models import Claim, ClaimPart
from app.people.queries.purposes import whose_photos_show
from app.pictures.models import Picture
from app.service.models import ServiceRecord
from app.service.operations.rejecting import SETTLED, WITHDRAWN
from app.service.queries.records import RecordRow, record_rows, records_by_id, rows_of
from app.teams.models import Team
from app.teams.rules import Actor

MOST_LISTED = 100


class SamePhoto(NamedTuple):
    """Another claim that came with the very same photo."""

    record_id: int
    is_same_person: bool
    service_on: date
    team_name: str


class Beside(NamedTuple):
    """What a claim brought along, what became of it, and where it came from."""

    picture_id: int | None = None
    resends_id: int | None = None
    part_ids: tuple[int, ...] = ()
    # Of a part: the claim that was split.
    split_from_id: int | None = None
    same_photo: tuple[SamePhoto, ...] = ()
    # There is a photo, and no consent that lets this reader see it.
    is_withheld: bool = False

    @property
    def raises_question(self) -> bool:
        """Tell whether it is worth a look of its own, and not approved along with others."""
        return bool(self.same_photo)


class OwnClaim(NamedTuple):
    """A claim as its owner sees it; both halves of a night are one."""

    record: RecordRow
    minutes: int
    beside: Beside
    parts: tuple[RecordRow, ...]

    @property
    def is_withdrawn(self) -> bool:
        return self.record.state == "rejected" and self.record.reason == WITHDRAWN

    @property
    def counted_minutes(self) -> int:
        """Return what of a split claim counts."""
        return sum(part.minutes for part in self.parts if part.state == "approved")


def own_claims(session: Session, volunteer_id: int) -> list[OwnClaim]:
    """Return somebody's claims, the last one first; what they were split into stands with them."""
    is_part = exists().where(ClaimPart.record_id == ServiceRecord.id)
    query = (
        record_rows.where(
            ServiceRecord.volunteer_id == volunteer_id,
            ServiceRecord.evidence == "claimed",
            ServiceRecord.corrects_id.is_(None),
            ~is_part,
        )
        # Of one person by their index, then sorted: by the bare id SQLite would go through
        # everybody's records from the last one on until it had enough of theirs.
        .order_by((ServiceRecord.id + 0).desc())
        .limit(MOST_LISTED)
    )
    groups: dict[int, list[RecordRow]] = {}
    for record in rows_of(session, query):
        groups.setdefault(record.first_part_id or record.id, []).append(record)
    beside = beside_records(session, groups)
    parts = records_by_id(session, (one for each in beside.values() for one in each.part_ids))
    return [
        _own_claim(sorted(group, key=lambda half: half.part), beside.get(group_id, Beside()), parts)
        for group_id, group in groups.items()
        # The second half of a night split: its first half bears the link.
        if group_id in {half.id for half in group}
    ]


def _own_claim(
    group: Sequence[RecordRow], beside: Beside, parts: Mapping[int, RecordRow]
) -> OwnClaim:
    minutes = sum(half.minutes for half in group)
    return OwnClaim(group[0], minutes, beside, tuple(parts[one] for one in beside.part_ids))


def beside_records(session: Session, record_ids: Collection[int]) -> dict[int, Beside]:
    """Return what stands beside those of some records that were claimed."""
    wanted = sorted(set(record_ids))
    if not wanted:
        return {}
    found: dict[int, Beside] = {}
    claims = select(Claim.record_id, Claim.picture_id, Claim.resends_id)
    for record_id, picture_id, resends_id in session.execute(
        claims.where(Claim.record_id.in_(wanted))
    ):
        found[record_id] = Beside(picture_id, resends_id)
    links = select(Claim.record_id, ClaimPart.record_id, Claim.picture_id).join(
        ClaimPart, ClaimPart.claim_id == Claim.id
    )
    # Of either end by its index: joined with OR all parts there are would be looked through.
    touched = union_all(
        select(Claim.id).where(Claim.record_id.in_(wanted)),
        select(ClaimPart.claim_id).where(ClaimPart.record_id.in_(wanted)),
    )
    for whole_id, part_id, picture_id in session.execute(
        links.where(Claim.id.in_(touched)).order_by(ClaimPart.record_id)
    ):
        if whole_id in found:
            whole = found[whole_id]
            found[whole_id] = whole._replace(part_ids=(*whole.part_ids, part_id))
        if part_id in wanted:
            found[part_id] = Beside(picture_id, split_from_id=whole_id)
    return _with_same_photos(session, found)


def _with_same_photos(session: Session, found: dict[int, Beside]) -> dict[int, Beside]:
    with_photo = [record_id for record_id, beside in found.items() if beside.picture_id]
    if not with_photo:
        return found
    for record_id, same in _same_photos(session, with_photo).items():
        found[record_id] = found[record_id]._replace(same_photo=tuple(same))
    return found


def _same_photos(session: Session, record_ids: Sequence[int]) -> dict[int, list[SamePhoto]]:
    """Return by record the other claims of its community with the same pixels.

    What was sent back or withdrawn and sent again by the same person is no second use; what
    was split, or settled by the team's entry, is.
    """
    mine, others = aliased(Claim), aliased(Claim)
    here, there = aliased(ServiceRecord), aliased(ServiceRecord)
    picture, same = aliased(Picture), aliased(Picture)
    was_split = exists().where(ClaimPart.claim_id == others.id)
    gone = and_(
        there.state == "rejected",
        there.volunteer_id == here.volunteer_id,
        there.reason != SETTLED,
        ~was_split,
    )
    query = (
        select(
            mine.record_id,
            others.record_id,
            there.volunteer_id == here.volunteer_id,
            there.service_on,
            Team.name,
        )
        .select_from(mine)
        .join(here, here.id == mine.record_id)
        .join(picture, picture.id == mine.picture_id)
        .join(same, same.sha256 == picture.sha256)
        .join(others, and_(others.picture_id == same.id, others.id != mine.id))
        .join(there, there.id == others.record_id)
        .join(Team, Team.id == there.team_id)
        .where(mine.record_id.in_(record_ids), there.root_id == here.root_id, ~gone)
        .order_by(others.record_id)
    )
    found: dict[int, list[SamePhoto]] = {}
    for record_id, other_id, is_same, service_on, team_name in session.execute(query):
        same_photo = SamePhoto(other_id, bool(is_same), service_on, team_name)
        found.setdefault(record_id, []).append(same_photo)
    return found


def shows_picture(session: Session, actor: Actor, picture_id: int, on: date) -> bool:
    """Tell whether a picture came with a claim whose record the actor may see.

    One's own, or a ward's, one always sees; others as the consent to it says at this moment.
    """
    query = (
        select(ServiceRecord.volunteer_id)
        .join(Claim, Claim.record_id == ServiceRecord.id)
        .join(Team, Team.id == ServiceRecord.team_id)
        .where(Claim.picture_id == picture_id, or_(*_in_sight(actor)))
    )
    owners = set(session.scalars(query))
    return bool(owners & _own(actor)) or bool(whose_photos_show(session, owners, on))


def without_withheld(
    session: Session, actor: Actor, found: dict[int, Beside], on: date
) -> dict[int, Beside]:
    """Take out the photos of those who did not agree that others see them."""
    shown = [record_id for record_id, beside in found.items() if beside.picture_id]
    if not shown:
        return found
    query = select(ServiceRecord.id, ServiceRecord.volunteer_id).where(ServiceRecord.id.in_(shown))
    owners = {row[0]: row[1] for row in session.execute(query)}
    may = _own(actor) | whose_photos_show(session, set(owners.values()) - _own(actor), on)
    withheld = {record_id for record_id, owner in owners.items() if owner not in may}
    return {
        record_id: beside._replace(picture_id=None, is_withheld=True)
        if record_id in withheld
        else beside
        for record_id, beside in found.items()
    }


def _in_sight(actor: Actor) -> Iterable[ColumnElement[bool]]:
    yield ServiceRecord.volunteer_id.in_(_own(actor))
    yield ServiceRecord.team_id.in_(actor.leads)
    yield Team.organisation_id.in_(actor.organises | actor.audits)


def _own(actor: Actor) -> set[int]:
    return {*actor.acts_for, *([actor.volunteer_id] if actor.volunteer_id else [])}
