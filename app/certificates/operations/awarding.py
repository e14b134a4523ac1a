"""Issue the certificates of a year's final list: each award's once, whoever clicks how often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy.orm import Session

from app.certificates.models import Certificate
from app.certificates.operations.writing import (
    Desk,
    Draft,
    Holder,
    Issuer,
    desk_of,
    hold_numbers,
    next_sequence,
    note_issue,
    write_row,
)
from app.certificates.queries.awarded import Awarded, awarded
from app.certificates.queries.certificates import awards_certified
from app.certificates.rules import SUBJECT, CertificateUnknown, Figures, Share
from app.certificates.rules.refusals import NotFinal
from app.ledger.queries import last_entry_id
from app.notices.operations import tell_each
from app.notices.rules import Told
from app.organisations.queries import get_organisation
from app.ranking.queries.awards import AwardRow, final_awards
from app.teams.rules import Actor
from app.trail.operations import remember, remembered

# What a title is called on paper, which of a colour's or a kind's says so; colour names by id.
Titled = Callable[[AwardRow, dict[int, str]], str]


class Issued(NamedTuple):
    """How many certificates a click made, and how many there were already."""

    made: int
    before: int


def issue_awards(
    session: Session,
    organisation_id: int,
    year: int,
    *,
    titled: Titled,
    actor: Actor,
    now: datetime,
    key: str,
    secret: str,
) -> Issued:
    """Issue the certificates that a final list still misses."""
    if organisation_id not in actor.organises:
        raise CertificateUnknown
    content = {"operation": "certificate.award", "organisation": organisation_id, "year": year}
    kept = remembered(session, actor.login_id, key, content)
    if kept is not None:
        return Issued(int(kept["made"]), int(kept["before"]))
    rows = final_awards(session, organisation_id, year)
    if not rows:
        raise NotFinal(year=year)
    hold_numbers(session, organisation_id)
    done = awards_certified(session, [row.award_id for row in rows])
    missing = [row for row in rows if row.award_id not in done]
    made = _write(session, organisation_id, year, missing, titled, actor, now, secret)
    issued = Issued(len(made), len(done))
    remember(session, actor.login_id, key, content, issued._asdict(), now)
    return issued


def _write(
    session: Session,
    organisation_id: int,
    year: int,
    missing: Sequence[AwardRow],
    titled: Titled,
    actor: Actor,
    now: datetime,
    secret: str,
) -> list[Certificate]:
    if not missing:
        return []
    organisation = get_organisation(session, organisation_id)
    issuer = Issuer(organisation.id, organisation.code, organisation.name)
    desk = desk_of(session, issuer, actor=actor, now=now, secret=secret)
    said, entry_id = awarded(session, missing), last_entry_id(session)
    drafts = [_draft(row, year, said, issuer, titled) for row in missing]
    first = next_sequence(session, desk, drafts[0])
    made = [
        write_row(session, desk, draft, entry_id, first + place)
        for place, draft in enumerate(drafts)
    ]
    about = {"year": year, "from": made[0].number, "to": made[-1].number, "count": len(made)}
    note_issue(session, desk, None, about)
    _tell(session, desk, made)
    return made


def _draft(row: AwardRow, year: int, said: Awarded, issuer: Issuer, titled: Titled) -> Draft:
    return Draft(
        kind="award",
        title=titled(row, said.colour_names),
        holder=_holder(row, said),
        year=year,
        from_on=date(year, 1, 1),
        until_on=date(year, 12, 31),
        figures=Figures(
            minutes=row.minutes,
            before_minutes=0,
            dates=row.dates,
            service_days=row.service_days,
            shares=_shares(row, said),
            contents=(),
            contents_by="record",
            recorded_by=(issuer.name,),
        ),
        rank=row.rank,
        is_tied=row.is_tied,
        award_id=row.award_id,
    )


def _holder(row: AwardRow, said: Awarded) -> Holder:
    if row.volunteer_id is None:
        code = said.team_codes.get(row.team_id or 0, "")
        return Holder(None, row.team_id, row.team_name or code, code)
    name, number = said.people[row.volunteer_id]
    return Holder(row.volunteer_id, None, name, row.volunteer_no or number or "")


def _shares(row: AwardRow, said: Awarded) -> tuple[Share, ...]:
    """A colour's title tells of that colour only, which its figures are of."""
    if row.volunteer_id is None or row.colour_id is not None:
        return ()
    return said.shares.get(row.volunteer_id, ())


def _tell(session: Session, desk: Desk, made: Sequence[Certificate]) -> None:
    told = [
        Told(
            row.volunteer_id,
            {"issuer": desk.issuer.name, "number": row.number},
            f"/me/certificates/{row.id}",
            row.id,
        )
        for row in made
        if row.volunteer_id is not None and not desk.actor.benefits(row.volunteer_id)
    ]
    tell_each(session, "certificate.issued", told, at=desk.now, subject_kind=SUBJECT)
