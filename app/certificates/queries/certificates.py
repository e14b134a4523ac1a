"""Certificates with what became of them, one by one and in lists."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, instant_of
from app.certificates.rules import Payload, payload_from
from app.people.queries.merged import SELVES

MOST_LISTED = 200
STATES = ("valid", "revoked", "replaced")


class CertificateRow(NamedTuple):
    """A certificate as it was issued, and whether it still holds."""

    id: int
    organisation_id: int
    year: int
    number: str
    kind: str
    volunteer_id: int | None
    team_id: int | None
    award_id: int | None
    edition: int
    name: str
    from_on: date | None
    until_on: date | None
    payload: str
    signature: str
    key_id: str
    verify_code: str
    last_entry_id: int
    issued_at: datetime
    issued_by: str
    on_behalf_of: str | None
    category: str | None
    reason: str | None
    revoked_at: datetime | None
    revoked_by: str | None
    # The one that took its place: id, number, code.
    replaced_by_id: int | None
    replaced_by: str | None

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.category is None:
            return "valid"
        return "replaced" if self.category == "replaced" else "revoked"

    @property
    def says(self) -> Payload:
        """What stands on it."""
        return payload_from(self.payload)


class Wanted(NamedTuple):
    """What a list is narrowed to."""

    words: str = ""
    kind: str = ""
    year: int | None = None
    state: str = ""


_ROWS = """
SELECT c.id, c.organisation_id, c.year, c.number, c.kind, c.volunteer_id, c.team_id, c.award_id,
  c.edition, c.name, c.from_on, c.until_on, c.payload, c.signature, k.key_id, c.verify_code,
  c.last_entry_id, c.issued_at, by_whom.display_name, ward.name,
  r.category, r.reason, r.revoked_at, revoker.display_name, n.id, n.number
FROM certificates c
  JOIN signing_keys k ON k.id = c.signing_key_id
  JOIN logins by_whom ON by_whom.id = c.issued_by_id
  LEFT JOIN volunteers ward ON ward.id = c.on_behalf_of_id
  LEFT JOIN certificate_revocations r ON r.certificate_id = c.id
  LEFT JOIN logins revoker ON revoker.id = r.revoked_by_id
  LEFT JOIN certificates n ON n.replaces_id = c.id
"""
_ONE = _ROWS + "WHERE c.id = ?"
_BY_CODE = _ROWS + "WHERE c.verify_code = ?"
_OF_PERSON = _ROWS + f"WHERE c.volunteer_id IN {SELVES} ORDER BY c.id DESC LIMIT ?"
_OF_AWARDS = _ROWS + "WHERE c.award_id IN ?ids ORDER BY c.year, c.sequence"
_LIST_WHERE = """
WHERE c.organisation_id IN ?ids AND (? = '' OR c.kind = ?) AND (? = 0 OR c.year = ?)
  AND (? = '' OR lower(c.number) LIKE ? ESCAPE '!' OR lower(c.name) LIKE ? ESCAPE '!')
  AND (? = '' OR ? = CASE WHEN r.category IS NULL THEN 'valid'
    WHEN r.category = 'replaced' THEN 'replaced' ELSE 'revoked' END)
"""
_LISTED = _ROWS + _LIST_WHERE + "ORDER BY c.id DESC LIMIT ? OFFSET ?"
_COUNTED = (
    "SELECT count(*) FROM certificates c "
    f"LEFT JOIN certificate_revocations r ON r.certificate_id = c.id {_LIST_WHERE}"
)
_YEARS = "SELECT DISTINCT year FROM certificates WHERE organisation_id IN ?ids"
_LATELY = "SELECT count(*) FROM certificates WHERE volunteer_id = ? AND issued_at > ?"
_ISSUED_AWARDS = "SELECT DISTINCT award_id FROM certificates WHERE award_id IN ?ids"


def find_certificate(session: Session, certificate_id: int) -> CertificateRow | None:
    """Return a certificate, or None."""
    return _first(fetch(session, _ONE, certificate_id))


def find_by_code(session: Session, verify_code: str) -> CertificateRow | None:
    """Return the certificate that bears a code, or None."""
    return _first(fetch(session, _BY_CODE, verify_code))


def certificates_of(session: Session, volunteer_id: int) -> list[CertificateRow]:
    """Return somebody's certificates, the newest first."""
    return [_row(row) for row in fetch(session, _OF_PERSON, volunteer_id, MOST_LISTED)]


def certificates_of_awards(session: Session, award_ids: Collection[int]) -> list[CertificateRow]:
    """Return the certificates of some awards by number, revoked ones too."""
    return [_row(row) for row in fetch(session, _OF_AWARDS, sorted(award_ids))]


def awards_certified(session: Session, award_ids: Collection[int]) -> frozenset[int]:
    """Return those of some awards for which a certificate was ever issued."""
    return frozenset(row[0] for row in fetch(session, _ISSUED_AWARDS, sorted(award_ids)))


def listed_certificates(
    session: Session, organisation_ids: Collection[int], wanted: Wanted, *, offset: int, size: int
) -> list[CertificateRow]:
    """Return a page of what some organisations issued, the newest first."""
    given = (sorted(organisation_ids), *_narrowed(wanted), size, offset)
    return [_row(row) for row in fetch(session, _LISTED, *given)]


def count_certificates(session: Session, organisation_ids: Collection[int], wanted: Wanted) -> int:
    """Return how many there are of what is wanted."""
    found = fetch(session, _COUNTED, sorted(organisation_ids), *_narrowed(wanted))
    return int(found[0][0])


def years_of(session: Session, organisation_ids: Collection[int]) -> list[int]:
    """Return the years in which some organisations numbered certificates, the newest first."""
    rows = fetch(session, _YEARS, sorted(organisation_ids))
    return sorted((row[0] for row in rows), reverse=True)


def count_lately(session: Session, volunteer_id: int, since: datetime) -> int:
    """Return how many certificates somebody got since an instant."""
    return int(fetch(session, _LATELY, volunteer_id, since)[0][0])


def _narrowed(wanted: Wanted) -> tuple[Any, ...]:
    words = wanted.words.strip().lower()
    for one in "!%_":
        words = words.replace(one, f"!{one}")
    like = f"%{words}%"
    year = wanted.year or 0
    return (
        *(wanted.kind, wanted.kind, year, year),
        *(words, like, like, wanted.state, wanted.state),
    )


def _first(rows: Any) -> CertificateRow | None:
    return _row(rows[0]) if rows else None


def _row(row: Any) -> CertificateRow:
    given = list(row)
    for at in (10, 11):
        given[at] = None if row[at] is None else day_of(row[at])
    given[17] = instant_of(row[17])
    given[22] = None if row[22] is None else instant_of(row[22])
    return CertificateRow(*given)
