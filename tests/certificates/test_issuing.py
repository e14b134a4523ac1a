"""A certificate tells what was served, once, in its turn, and is signed."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.certificates.operations import make_key
from app.certificates.queries.keys import public_keys
from app.certificates.queries.served import were_corrected
from app.certificates.rules import BadSpan, CertificateUnknown, NothingServed
from app.certificates.rules.files import is_payload_signed
from app.certificates.rules.refusals import MOST_A_DAY, TooManyToday
from app.certificates.rules.signing import KeySealed
from app.db import db, transaction
from app.service.operations import reverse_record
from app.teams.rules import Ward
from tests.certificates.issuing import issued, row
from tests.service.community import NOW, Community


def test_a_certificate_tells_what_was_served(community: Community) -> None:
    says = issued(community).says
    assert (says.minutes, says.dates, says.service_days) == (210, 2, 1)
    assert (says.number, says.name, says.issuer_name) == ("TX-2026-0001", "春分", "涂新社区")
    assert [each.minutes for each in says.contents] == [120, 90]
    assert (says.contents_by, says.recorded_by) == ("record", ("涂新社区",))


def test_numbers_follow_each_other(community: Community) -> None:
    numbers = [issued(community).number for _ in range(3)]
    assert numbers == ["TX-2026-0001", "TX-2026-0002", "TX-2026-0003"]


def test_a_form_sent_twice_issues_once(community: Community) -> None:
    first, again = (issued(community, key="once") for _ in range(2))
    assert first == again


def test_it_is_signed_by_the_published_key(community: Community) -> None:
    made = issued(community)
    (key,) = public_keys(db.session())
    assert key.key_id == made.key_id
    assert is_payload_signed(made.payload, made.signature, key.public_key)
    assert not is_payload_signed(made.payload + " ", made.signature, key.public_key)


def test_nobody_gets_one_of_nothing(community: Community) -> None:
    with pytest.raises(NothingServed):
        issued(community, 4)
    with pytest.raises(NothingServed):
        issued(community, span=(date(2025, 1, 1), date(2025, 12, 31)))


def test_the_span_has_been(community: Community) -> None:
    for span in ((NOW.date(), NOW.date() + timedelta(5)), (NOW.date(), NOW.date() - timedelta(5))):
        with pytest.raises(BadSpan):
            issued(community, span=span)


def test_only_oneself_or_an_organiser_above_issues(community: Community) -> None:
    for name in ("co_leader", "leader", "organiser_below"):
        with pytest.raises(CertificateUnknown):
            issued(community, actor=community.actor(name))
    assert issued(community, actor=community.actor("organiser")).name == "春分"


def test_a_day_has_its_limit(community: Community) -> None:
    for _ in range(MOST_A_DAY):
        issued(community)
    with pytest.raises(TooManyToday):
        issued(community)


def test_what_is_taken_back_later_is_known(community: Community) -> None:
    made = issued(community)
    record_id = db.session().scalar(text("SELECT min(id) FROM service_records"))
    with transaction() as session:
        reverse_record(
            session,
            record_id,
            actor=community.actor("organiser"),
            now=NOW,
            reason="记错了",
            key="undo",
        )
    later = issued(community)
    assert [_corrected(each.id) for each in (made, later)] == [True, False]
    assert later.says.minutes == 90


def _corrected(certificate_id: int) -> bool:
    made = row(certificate_id)
    names = ("volunteer_id", "team_id", "from_on", "until_on", "last_entry_id")
    return were_corrected(db.session(), **{name: getattr(made, name) for name in names})


def test_a_new_key_signs_and_the_old_one_still_verifies(community: Community) -> None:
    before = issued(community)
    with transaction() as session:
        make_key(session, "another " * 8, actor_id=None, now=NOW)
    with pytest.raises(KeySealed):
        issued(community)
    keys = {each.key_id: each.public_key for each in public_keys(db.session())}
    assert len(keys) == 2
    assert is_payload_signed(before.payload, before.signature, keys[before.key_id])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE certificates SET name = 'x'",
        "DELETE FROM certificates",
        "UPDATE signing_keys SET public_key = 'x'",
        "INSERT INTO certificates (organisation_id, year, sequence, number, kind, volunteer_id, "
        "edition, name, payload, signature, signing_key_id, verify_code, last_entry_id, issued_at, "
        "issued_by_id) SELECT organisation_id, year, sequence + 2, 'TX-9', kind, volunteer_id, 1, "
        "name, payload, signature, signing_key_id, 'x' || verify_code, 0, issued_at, issued_by_id "
        "FROM certificates",
    ],
)
def test_the_database_keeps_them(community: Community, statement: str) -> None:
    issued(community)
    with pytest.raises(DBAPIError), transaction() as session:
        session.execute(text(statement))


def test_whoever_acts_for_somebody_is_named(community: Community) -> None:
    helper = community.actor("volunteer")
    ward = Ward(community.volunteers[0], "立春")
    acting = replace(helper, acts_for=frozenset({ward.id}), acting_for=ward)
    community.log(community.line(0, 60), by="organiser")
    made = issued(community, 0, actor=acting)
    assert (made.issued_by, made.on_behalf_of, made.name) == ("volunteer", "立春", "立春")
    query = text("SELECT max(on_behalf_of_id) FROM trail WHERE operation = 'certificate.issue'")
    assert db.session().scalar(query) == ward.id
    with pytest.raises(CertificateUnknown):
        issued(community, 0, actor=replace(acting, acts_for=frozenset(), acting_for=None))
