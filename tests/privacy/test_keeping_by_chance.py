"""Rows of every age by chance: the preview counts what the run deletes, and no more."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.certificates.models import VerifyMiss
from app.clock import now
from app.db import Model, db, transaction
from app.imports.models import Upload
from app.imports.rules.uploads import STATES
from app.jobs.models import Job, MadeFile
from app.notices.models import AddressCode, Notice, NoticeReader
from app.people.models import Login, SignInFailure, SignInSession
from app.privacy.keeping import RULES, Rule
from app.privacy.models import DeletionRun
from app.privacy.operations.deleting import delete_due
from app.privacy.queries.keeping import due_counts
from app.teams.models import JoinRequest, JoinTry
from tests.adjustments.community import settle
from tests.privacy.erased import erased, live
from tests.service.community import NOW, Community, make_community

TABLES = tuple(rule.key for rule in RULES if rule.key != "deletion_runs")
# These are emptied of what they say, and the row stays.
SAYS = {
    "uploads": "content IS NOT NULL OR mend IS NOT NULL OR preview IS NOT NULL",
    "refused_requests": "phone <> '' OR name <> ''",
}
MICRO = timedelta(microseconds=1)
AGES = [timedelta(0), *(rule.kept for rule in RULES)]


@pytest.fixture
def community(db_session: Session) -> Community:
    made = make_community(db_session)
    db_session.rollback()
    return made


def job(actor_id: int, at: datetime, ended_at: datetime | None) -> Job:
    state = "queued" if ended_at is None else "done"
    return Job(
        kind="audit.run", subject_kind="audit", subject_id=1, payload="{}", actor_id=actor_id,
        state=state, stage="", steps_done=0, steps_total=0, attempts=0, queued_at=at,
        ended_at=ended_at,
    )  # fmt: skip


def made_file(of: Job, at: datetime, organisation_id: int | None, kept_until: datetime) -> MadeFile:
    return MadeFile(
        job_id=of.id, owner_login_id=of.actor_id, organisation_id=organisation_id, name="表.xlsx",
        mime="application/pdf", size_bytes=1, body=b"x", made_at=at, kept_until_at=kept_until,
    )  # fmt: skip


def sown(community: Community, chance: random.Random, at: datetime) -> Iterator[Model]:
    """Give rows of which some stand on the very edge of being due."""

    def old() -> datetime:
        edge = chance.choice(AGES) + chance.choice([0, 1, -1]) * timedelta(microseconds=1)
        return at - chance.choice([edge, timedelta(hours=chance.randrange(20_000))])

    own = community.actor("organiser").login_id
    for i in range(60):
        yield VerifyMiss(address_sha256=f"v{i}", at=old())
        yield JoinTry(address_sha256=f"j{i}", at=old())
        yield SignInFailure(account=f"a{i}", address="::1", at=old())
        ended = old()
        yield SignInSession(
            token_sha256=f"s{i}", login_id=own, created_at=ended, expires_at=ended,
            revoked_at=chance.choice([None, old()]), address="::1", device="", is_shared=False,
        )  # fmt: skip
        about: dict[str, Any] = {"path": "/me", "subject_kind": "record", "subject_id": i}
        yield Notice(
            login_id=own, kind="erasure.asked", figures="{}", once="", told_at=old(), **about
        )


def asked(community: Community, chance: random.Random, at: datetime) -> Iterator[Model]:
    """Give finished work, requests to join, uploads and codes on either side of their edges."""
    own = community.actor("organiser").login_id

    def old(key: str) -> datetime:
        near = chance.choice([0, 1, -1, 10**12, -(10**12)])
        return at - rule_of(key).kept + near * MICRO

    for i in range(40):
        yield job(own, at, old("jobs"))
        is_open, decided_at = chance.random() < 0.3, old("refused_requests")
        yield JoinRequest(
            organisation_id=community.root_id, name=f"寒露{i}", phone=f"138{i:08}",
            wants_advice=True, privacy_version="1", consent_by="self", asked_at=decided_at,
            state="open" if is_open else "refused", decided_at=None if is_open else decided_at,
            decided_by_id=None if is_open else own,
        )  # fmt: skip
        expires_at, content = old("uploads"), chance.choice([None, b"x"])
        yield Upload(
            kind="service", organisation_id=community.root_id, actor_id=own, uploaded_at=at,
            expires_at=expires_at, file_name="表.csv", file_sha256=f"u{i}", file_bytes=1,
            content=content, preview=chance.choice([None, "{}"]) if content else None,
            language="en", state=chance.choice(STATES[:2]) if content else "dropped", revision=0,
            fixes="[]",
        )  # fmt: skip


def codes(reader_id: int, chance: random.Random, at: datetime) -> Iterator[Model]:
    """Give addresses a code was sent to, on either side of the edge."""
    for i in range(40):
        asked_at = at - rule_of("address_codes").kept + chance.choice([0, 1, -1]) * MICRO
        yield AddressCode(
            reader_id=reader_id, channel="email", address=f"a{i}@example.org", nonce=f"{i}",
            asked_at=asked_at, expires_at=asked_at, tries=0,
        )  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
def test_what_is_counted_is_what_goes(community: Community, seed: int) -> None:
    chance, at = random.Random(seed), now()
    with transaction() as session:
        reader = NoticeReader(login_id=community.actor("organiser").login_id)
        session.add_all([*sown(community, chance, at), *asked(community, chance, at), reader])
        session.flush()
        session.add_all(codes(reader.id, chance, at))
        works = [job(community.actor("organiser").login_id, at, None) for _ in range(3)]
        session.add_all(works)
        session.flush()
        for one in works:
            until = at + chance.choice([-1, 0, 1]) * timedelta(days=1)
            session.add(made_file(one, at - timedelta(days=8), None, until))
    held = {rule.key: total(rule) for rule in RULES if rule.key in TABLES}
    due = due_counts(db.session(), at)
    db.session.rollback()
    with transaction() as session:
        gone = delete_due(session, now=at)
    assert gone == {key: count for key, count in due.items() if count}
    assert {"jobs", "refused_requests", "uploads", "address_codes"} <= gone.keys()
    assert {key: held[key] - total(rule_of(key)) for key in held} == {
        key: gone.get(key, 0) for key in held
    }
    with transaction() as session:
        assert delete_due(session, now=at) == {}
        assert {run.rule: run.deleted for run in session.query(DeletionRun)} == gone


def rule_of(key: str) -> Rule:
    return next(rule for rule in RULES if rule.key == key)


def total(rule: Rule) -> int:
    found = db.session.execute(
        text(f"SELECT count(*) FROM {rule.table} WHERE {SAYS.get(rule.key, '1 = 1')}")
    ).scalar_one()
    db.session.rollback()
    return int(found)


def test_files_made_before_an_erasure_go_with_the_person(community: Community) -> None:
    """Nobody can look into their bytes for a name; whose own data it is stays theirs."""
    settle(community)
    live(community)
    until = NOW + timedelta(days=60)
    with transaction() as session:
        other = session.query(Login).filter_by(volunteer_id=community.volunteers[0]).one()
        one = job(other.id, NOW, NOW)
        session.add(one)
        session.flush()
        for home in (community.root_id, community.estate_id, None):
            session.add(made_file(one, NOW, home, until))
    assert total(rule_of("made_files")) == 3
    erased(community)
    assert total(rule_of("made_files")) == 1
