"""Values nobody could mistake for others, planted in the cast's community, and a nose for them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from datetime import date
from io import BytesIO
from typing import Any, NamedTuple
from zipfile import BadZipFile, ZipFile

from flask import Flask
from pypdf import PdfReader
from python_calamine import CalamineWorkbook
from sqlalchemy import text, update
from sqlalchemy.orm import Session

from app.archive.operations import add_complaint, change_document
from app.archive.rules.entries import Complaint
from app.archive.rules.sealing import seal_key
from app.clock import now
from app.db import db, transaction
from app.notices.models import NoticeAddress
from app.notices.operations.readers import held_reader_id
from app.notices.rules import Inbox
from app.people.models import KnownDevice, Login, Volunteer
from app.people.operations import add_volunteer, issue_activation_code, make_cards, set_password
from app.people.rules.passwords import HashCost, digest, hash_password
from app.privacy.columns import TABLES
from app.teams.models import JoinRequest, Membership, Team
from app.teams.queries import actor_of
from tests.privacy.conftest import SINCE, today
from tests.web.cast import Cast

# What is planted, by name. `near`: of somebody of the leader's team; `own`: of the volunteer who
# is signed in; `far`: of the neighbour community.
PLANTED: Mapping[str, str] = {
    "phone near": "13977700101",
    "phone own": "13977700202",
    "phone far": "13977700303",
    "phone asked": "13977700404",
    "phone guardian": "13977700505",
    "document near": "110101199003074514",
    "document own": "11010119900307643X",
    "mail near": "near.canary@example.com",
    "mail own": "own.canary@example.com",
    "complaint near": "答应了三次都没有出现甲",
    "complaint own": "答应了三次都没有出现乙",
    "name far": "霜降龘靐齉",
    "password": "gull-and-lantern-77",
    "pin": "904417",
    "activation code": "KXWM-RTPH-QZVD",
    "device token": "Zz9-canary-device-token-0123456789abcdefABC",
}
EVERYBODY_HERE = frozenset({"organiser", "auditor"})
NOBODY: frozenset[str] = frozenset()
# Who may read what, by any page, file or export that a GET gives; all else is a leak. A full
# phone, an ID number: nobody without a reason, which is a POST of its own.
MAY_READ: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(PLANTED, NOBODY),
    "phone own": frozenset({"volunteer"}),
    "mail own": frozenset({"volunteer"}),
    "complaint near": EVERYBODY_HERE,
    "complaint own": EVERYBODY_HERE | {"volunteer"},
    # An admin keeps accounts and reads everybody's name; the other community's own people do too.
    "name far": frozenset({"admin"}),
    # The pick-up code: its owner, and whoever hands over.
    "redemptions.code": frozenset({"volunteer", "leader", "organiser"}),
    # Behind the QR of the ticket, which its owner shows.
    "redemptions.token": frozenset({"volunteer", "leader"}),
    # Printed on the certificate, for whoever is shown it: owner and issuer.
    "certificates.verify_code": frozenset({"volunteer", "leader", "organiser", "auditor"}),
}
# In an address a certificate's code has to stand: it is what the QR leads to.
MAY_STAND_IN_ADDRESSES = frozenset({"certificates.verify_code", "redemptions.token"})
# Shorter secrets of the cast are no values of their own ("x", 64 zeros).
_LEAST = 6
_ADDRESS = re.compile(r"""(?:href|src|action|data-[\w-]+)\s*=\s*["']([^"']*)["']""")
_PARTING = re.compile(r"[ \u00a0-]")


class Leak(NamedTuple):
    """One canary where it must not be."""

    canary: str
    where: str


def plant(app: Flask, cast: Cast) -> dict[str, str]:
    """Plant every canary; return each value by its name, secrets of the database included."""
    with transaction() as session:
        near, own, far = (_person(session, name) for name in ("谷雨", "立春", "芒种"))
        near.phone, own.phone, far.phone = (PLANTED[f"phone {w}"] for w in ("near", "own", "far"))
        session.execute(
            update(JoinRequest).values(
                phone=PLANTED["phone asked"],
                consent_by="guardian",
                guardian_name="大雪",
                guardian_phone=PLANTED["phone guardian"],
            )
        )
        organiser = actor_of(session, cast.logins["organiser"], today())
        for who, person in (("near", near), ("own", own)):
            _papers(app, session, who, person, organiser)
        _stranger(session, far.organisation_id)
        _accounts(session, cast, own)
    return {**PLANTED, **_secrets()}


def _person(session: Session, name: str) -> Volunteer:
    return session.query(Volunteer).filter_by(name=name).one()


def _papers(app: Flask, session: Session, who: str, person: Volunteer, organiser: Any) -> None:
    key = seal_key(str(app.config["SECRET_KEY"]))
    change_document(
        session, person.id, "resident_id", PLANTED[f"document {who}"], actor=organiser, now=now(),
        key=key,
    )  # fmt: skip
    complaint = Complaint(date(2026, 1, 20), PLANTED[f"complaint {who}"])
    add_complaint(session, person.id, complaint, actor=organiser, now=now(), key=f"canary {who}")
    reader = held_reader_id(session, Inbox(person.id, None))
    session.add(
        NoticeAddress(
            reader_id=reader, channel="email", address=PLANTED[f"mail {who}"], confirmed_at=now()
        )
    )


def _stranger(session: Session, organisation_id: int) -> None:
    """Add somebody of the neighbour community whom nobody here has to do with."""
    made = add_volunteer(
        session, organisation_id=organisation_id, name=PLANTED["name far"], actor_id=None, now=now()
    )
    team = session.query(Team).filter_by(code="BY-red").one()
    session.add(Membership(team_id=team.id, volunteer_id=made.id, role="member", from_on=SINCE))


def _accounts(session: Session, cast: Cast, own: Volunteer) -> None:
    cost = HashCost(8, 1)
    login = session.get_one(Login, cast.logins["leader"])
    login.password_hash = hash_password(PLANTED["password"], cost)
    volunteer = session.get_one(Login, cast.logins["volunteer"])
    issue_activation_code(
        session, volunteer.id, issuer_id=cast.logins["organiser"], now=now(),
        code=PLANTED["activation code"],
    )  # fmt: skip
    set_password(
        session, volunteer.id, password_hash=hash_password(PLANTED["pin"], cost),
        actor_id=cast.logins["volunteer"], now=now(),
    )  # fmt: skip
    session.add(
        KnownDevice(login_id=login.id, token_sha256=digest(PLANTED["device token"]), seen_at=now())
    )
    make_cards(session, [own.id], seed=b"c" * 32, actor_id=cast.logins["organiser"], now=now())


def _secrets() -> dict[str, str]:
    """Return each value of a column that opens something, as the classification names them."""
    found: dict[str, str] = {}
    for table in TABLES:
        for column in table.columns:
            if column.kind != "secret":
                continue
            query = text(f"SELECT DISTINCT {column.name} FROM {table.name}")
            for number, (value,) in enumerate(db.session.execute(query)):
                if isinstance(value, str) and len(value) >= _LEAST and len(set(value)) > 3:
                    found[f"{table.name}.{column.name} {number}"] = value
    db.session.rollback()
    return found


def kind_of(canary: str) -> str:
    """Return under which name MAY_READ knows a canary."""
    return canary if canary in MAY_READ else canary.rpartition(" ")[0]


def found_in(said: str, canaries: Mapping[str, str]) -> set[str]:
    """Return which canaries stand in a text, parted digits included."""
    closed = _PARTING.sub("", said)
    return {
        name
        for name, value in canaries.items()
        if value in said or (name.startswith(("phone", "document")) and value in closed)
    }


def texts_of(body: bytes, media_type: str) -> Iterator[str]:
    """Yield everything a file says: unpacked, unescaped, its cells and its pages."""
    yield body.decode("utf-8", "replace")
    if media_type.startswith("text/html"):
        yield html.unescape(body.decode())
    if body[:4] == b"PK\x03\x04":
        yield from _unpacked(body)
    if body[:4] == b"%PDF":
        reader = PdfReader(BytesIO(body))
        yield "\n".join(page.extract_text() for page in reader.pages)
        yield json.dumps({str(key): str(value) for key, value in (reader.metadata or {}).items()})
    if media_type.startswith("application/json"):
        yield json.dumps(json.loads(body), ensure_ascii=False)
    if media_type.startswith("text/calendar"):
        yield body.decode().replace("\r\n ", "")


def _unpacked(body: bytes) -> Iterator[str]:
    try:
        with ZipFile(BytesIO(body)) as packed:
            names = packed.namelist()
            for name in names:
                yield from texts_of(packed.read(name), _type_of(name))
    except BadZipFile:
        return
    if "xl/workbook.xml" in names:
        book = CalamineWorkbook.from_filelike(BytesIO(body))
        for name in book.sheet_names:
            yield "\n".join(
                str(cell) for row in book.get_sheet_by_name(name).to_python() for cell in row
            )


def _type_of(name: str) -> str:
    endings = {".json": "application/json", ".html": "text/html", ".ics": "text/calendar"}
    return next((kind for ending, kind in endings.items() if name.endswith(ending)), "")


def addresses_of(said: str) -> str:
    """Return the addresses a page leads to, one a line."""
    return "\n".join(html.unescape(one) for one in _ADDRESS.findall(said))
