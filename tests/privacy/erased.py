"""Somebody about whom everything is kept, to be erased."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import String, Text, cast, select, text
from sqlalchemy.orm import Session

from app.db import db, transaction
from app.disputes.operations import raise_dispute, withdraw
from app.disputes.rules import Recorded, Wish
from app.notices.operations import tell
from app.people.models import Login
from app.people.operations.volunteers import edit_volunteer
from app.privacy.operations.erasing import erase
from tests.adjustments.community import now_of
from tests.archive.keeping import BLAME, COURSE, HONOUR, enter
from tests.service.community import NOW, ORDINARY_DAY, Community

WHO = 3
NAME, PHONE, AREA = "寒露露", "13900004321", "东门三号院"
LATER = NOW + timedelta(days=30)

_PLANTED = """
INSERT INTO person_details (volunteer_id, residence_area, skills, service_category, changed_at,
  changed_by_id) SELECT :id, :area, :area, '', :now, :by WHERE NOT EXISTS
  (SELECT 1 FROM person_details WHERE volunteer_id = :id);
INSERT INTO join_requests (id, organisation_id, name, phone, wants_advice, privacy_version,
  consent_by, guardian_name, guardian_phone, asked_at, decided_at, state, volunteer_id)
  VALUES (1, :home, :name, :phone, :no, '1', 'guardian', :name, :phone, :now, :now,
  'accepted', :id);
INSERT INTO team_asks (id, volunteer_id, team_id, kind, asked_at, decided_at, state, reason)
  VALUES (1, :id, :team, 'join', :now, :now, 'refused', :name);
INSERT INTO sessions (id, token_sha256, login_id, created_at, expires_at, address, device,
  is_shared) VALUES (901, 'x', :own, :now, :now, :area, :name, :no);
INSERT INTO cards (id, volunteer_id, token_sha256, made_by_id, made_at)
  VALUES (901, :id, 'y', :by, :now);
INSERT INTO notice_readers (id, volunteer_id) VALUES (901, :id);
INSERT INTO notice_addresses (reader_id, channel, address, confirmed_at)
  VALUES (901, 'email', 'hanlulu@example.com', :now);
"""


def live(community: Community) -> int:
    """Give the community's fourth person a name, a login, records and a whole file."""
    who = community.volunteers[WHO]
    by = community.actor("organiser").login_id
    community.logged(community.line(WHO))
    with transaction() as session:
        edit_volunteer(session, who, {"name": NAME, "phone": PHONE}, actor_id=by, now=NOW)
        session.query(Login).filter_by(volunteer_id=who).update({"display_name": NAME})
    for what, given in (("training", COURSE), ("commendation", HONOUR), ("complaint", BLAME)):
        enter(community, what, given)
    with transaction() as session:
        figures = {"asker": NAME, "reason": "核对"}
        about: dict[str, Any] = {"path": "/me", "at": NOW, "subject_kind": "adjustment"}
        for subject_id, reader in enumerate((who, community.volunteers[5]), 1):
            about["subject_id"] = subject_id
            tell(session, "adjustment.asked", [reader], figures=figures, **about)
        _plant(session, community, who)
    _dispute(community, who)
    return who


def _dispute(community: Community, who: int) -> None:
    """Raise a dispute in words that name them, and take it back."""
    record_id = db.session.scalar(text("SELECT max(id) FROM service_records"))
    db.session.rollback()
    assert record_id is not None
    instead = Recorded(ORDINARY_DAY, 60, None, community.red_id, f"与{NAME}一起")
    given: dict[str, Any] = {"actor": now_of(community, "volunteer"), "now": NOW}
    with transaction() as session:
        wish = Wish("hours", f"{NAME}：少了", instead)
        made = raise_dispute(session, record_id, wish, key=community.fresh_key(), **given)
    with transaction() as session:
        withdraw(session, made, key=community.fresh_key(), **given)


def _plant(session: Session, community: Community, who: int) -> None:
    own = session.scalar(select(Login.id).where(Login.volunteer_id == who))
    assert own is not None
    sqlite = db.engine.dialect.name == "sqlite"
    given: Mapping[str, Any] = {
        "id": who,
        "own": own,
        "by": community.actor("organiser").login_id,
        "home": community.root_id,
        "team": community.red_id,
        "name": NAME,
        "phone": PHONE,
        "area": AREA,
        "no": 0 if sqlite else False,
        "now": NOW.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else NOW,
    }
    for statement in _PLANTED.split(";"):
        if statement.strip():
            names = [name for name in given if f":{name}" in statement]
            session.execute(text(statement), {name: given[name] for name in names})


def erased(community: Community, **more: Any) -> int:
    """Let the organiser erase them."""
    who = community.volunteers[WHO]
    given: dict[str, Any] = {
        "number": "TX00004",
        "reason": "本人当面要求",
        "now": LATER,
        "today": LATER.date(),
        "key": community.fresh_key(),
        **more,
    }
    by = given.pop("by", "organiser")
    with transaction() as session:
        return erase(session, who, actor=now_of(community, by), **given)


def found_in(*words: str) -> set[str]:
    """Return every column of the database in which one of the words stands."""
    db.session.rollback()
    found = set()
    for table in db.metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, String | Text):
                said = cast(column, String)
                for word in words:
                    if db.session.scalar(select(1).where(said.contains(word)).limit(1)):
                        found.add(f"{table.name}.{column.name}")
    db.session.rollback()
    return found


__all__ = ["AREA", "LATER", "NAME", "PHONE", "WHO", "erased", "found_in", "live"]
