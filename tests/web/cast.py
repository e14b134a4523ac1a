"""The named cast: one of each role in a community, and people and teams near and far from them.

街道 JD ─ 涂新 TX (teams TX-red, TX-blue) and 白云 BY (team BY-red). Everybody who acts belongs to
TX; the leader leads TX-red, where the volunteer serves.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.activities.models import Activity, Project, SignUp
from app.adjustments.models import Adjustment
from app.certificates.models import Certificate
from app.certificates.operations.writing import Draft, Holder, Issuer, desk_of, write
from app.certificates.rules import figures_of
from app.claims.models import Claim
from app.clock import now
from app.db import transaction
from app.disputes.models import Dispute, DisputeLine
from app.imports.models import Upload
from app.ledger.operations import NewEntry, lock_holders, post, reserve, system_account
from app.ledger.rules import Leg
from app.notices.models import Notice
from app.organisations.models import Organisation
from app.organisations.operations import create_organisation
from app.people.models import Helper, Login, Role, SignInSession, Volunteer
from app.people.operations import add_volunteer, create_login
from app.people.operations.sessions import begin_session
from app.pictures.models import Picture
from app.privacy.models import ErasureAsk
from app.ranking.models import Objection, RankingFreeze, RankingScheme, RankingSnapshot
from app.reports.models import SavedReport
from app.reports.questions import Question, kept
from app.rewards.models import (
    ItemVersion,
    Partner,
    RedemptionWindow,
    ShelfItem,
    StockMove,
)
from app.rewards.operations.redeeming import Asked, redeem
from app.service.models import Batch, ServiceRecord
from app.teams.models import HelperAsk, JoinRequest, JoinWish, Membership, Team, TeamAsk
from app.teams.operations import create_colours, create_team
from app.teams.rules import Actor
from tests.serving import SECRET

NOW = datetime(2026, 4, 1, 4, tzinfo=UTC)
SINCE = date(2020, 1, 1)
SERVED_ON = date(2026, 3, 28)
PRICE = 10_00
ROLES = ("visitor", "volunteer", "leader", "organiser", "auditor", "admin")
RELATIONS = ("own", "same_team", "other_team", "other_organisation", "absent")
# What stands in an address where nothing has that name.
ABSENT: Mapping[str, str] = {"volunteer": "TX99999", "team": "TX-none", "organisation": "NO"}
ABSENT_ID = "999999"
PLAN: Mapping[str, Any] = {
    "title": "扫楼道",
    "content": "",
    "place": "东门",
    "bring": "",
    "starts_minute": 510,
    "minutes": 180,
}
_PASSED = (("refused", True), ("passed_on", False))
EMPTY_PREVIEW = {
    "sheet": "list",
    "counts": dict.fromkeys(("rows", "created", "updated", "duplicates", "refused", "blank"), 0),
    **dict.fromkeys(("left_out", "waiting", "minutes", "people"), 0),
    "causes": [],
    "notes": [],
    "changes": {},
    "has_changed": False,
}


@dataclass
class Cast:
    """Who may be signed in as, and what stands in an address: subjects[kind][relation]."""

    logins: dict[str, int] = field(default_factory=dict)
    own: dict[str, dict[str, str]] = field(default_factory=dict)
    subjects: dict[str, dict[str, str]] = field(default_factory=dict)

    def subject(self, kind: str, relation: str, role: str) -> str:
        """Return what stands in an address for one relation, seen by one role."""
        if relation == "absent":
            return ABSENT.get(kind, ABSENT_ID)
        if relation == "own":
            return self.own[role][kind]
        return self.subjects[kind][relation]

    def relations(self, kind: str, role: str) -> list[str]:
        """Return the relations a role can stand in to a kind of subject."""
        if kind == "-":
            return ["-"]
        has_own = kind in self.own.get(role, {})
        known = self.subjects[kind]
        return [r for r in RELATIONS if r in known or r == "absent" or (r == "own" and has_own)]


def assemble() -> Cast:
    """Fill a migrated database with the cast."""
    cast = Cast()
    with transaction() as session:
        _Stage(session, cast).build()
    return cast


def crowd(cast: Cast, people: int) -> None:
    """Add that many people to TX-red, each with a record that waits."""
    with transaction() as session:
        team = session.query(Team).filter_by(code="TX-red").one()
        root = session.query(Organisation).filter_by(code="JD").one()
        stage = _Stage(session, cast)
        for number in range(people):
            person = stage.person(team.organisation_id, f"大寒{number}", team)
            recorder = cast.logins["organiser"]
            stage.record(person, team, recorder, root.id, stage.batch(team, recorder).id)


def stir(cast: Cast, chance: random.Random) -> None:
    """Add people to teams at random, each with some of what may wait for somebody."""
    with transaction() as session:
        stage = _Stage(session, Cast(logins=cast.logins))
        teams = session.query(Team).order_by(Team.id).all()
        for number in range(chance.randint(2, 7)):
            team, other = chance.sample(teams, 2)
            person = stage.person(team.organisation_id, f"大寒{number}", team)
            stage.waits(person, team, other, chance)


def person_of(session: Session, team: Team) -> Volunteer:
    """Return the first member of a team."""
    first = session.query(Membership).filter_by(team_id=team.id).order_by(Membership.id).first()
    assert first is not None
    return session.get_one(Volunteer, first.volunteer_id)


def sign_in_as(app: Flask, cast: Cast, role: str) -> FlaskClient:
    """Return a browser in which somebody of this role is signed in."""
    client = app.test_client()
    if role == "visitor":
        return client
    with transaction() as session:
        login = session.get_one(Login, cast.logins[role])
        begun = begin_session(
            session, login, address="127.0.0.1", device="test", now=now(), today=now().date()
        )
        # An administrator has given a second factor, without which that role would sleep.
        here = session.get_one(SignInSession, begun.session_id)
        here.factor_at = now() if role == "admin" else None
    with client.session_transaction() as cookie:
        cookie["_user_id"] = begun.token
        cookie["_fresh"] = True
    return client


class _Stage:
    def __init__(self, session: Session, cast: Cast) -> None:
        self.session = session
        self.cast = cast

    def build(self) -> None:
        root = self.organisation("JD", None)
        here, there = self.organisation("TX", root), self.organisation("BY", root)
        colours = create_colours(self.session, root)
        teams = {
            "same_team": self.team(here, "TX-red", colours["red"]),
            "other_team": self.team(here, "TX-blue", colours["blue"]),
            "other_organisation": self.team(there, "BY-red", colours["red"]),
        }
        people = {
            relation: self.person(there if relation == "other_organisation" else here, name, team)
            for (relation, team), name in zip(teams.items(), ("谷雨", "小满", "芒种"), strict=True)
        }
        self.add("organisation", "same_team", "TX")
        self.add("organisation", "other_organisation", "BY")
        for relation, team in teams.items():
            self.add("team", relation, team.code)
            self.add("team_id", relation, team.id)
        volunteer = self.person(here, "立春", teams["same_team"])
        leader = self.person(here, "雨水", teams["same_team"], "leader")
        recorder = self.login("organiser", "夏至", role="organiser", organisation_id=here)
        self.login("auditor", "小暑", role="auditor", organisation_id=here)
        self.login("admin", "大暑", role="admin", organisation_id=None)
        self.login("volunteer", "立春", volunteer_id=volunteer.id)
        self.login("leader", "雨水", volunteer_id=leader.id)
        for relation, person in people.items():
            self.subjects_of(person, teams[relation], recorder, relation, root)
        for role, person in (("volunteer", volunteer), ("leader", leader)):
            self.subjects_of(person, teams["same_team"], recorder, f"own {role}", root)
            self.asks_of(person, teams["other_team"], people["same_team"], recorder, f"own {role}")
        for relation, asker in zip(people, ("other_team", "same_team", "same_team"), strict=True):
            self.asks_of(people[asker], teams[relation], people[relation], recorder, relation)

    def subjects_of(
        self, person: Volunteer, team: Team, recorder: int, relation: str, root: int
    ) -> None:
        """Add what hangs on a person: the number, the membership, a waiting record, a batch."""
        batch = self.batch(team, recorder)
        record = self.record(person, team, recorder, root, batch.id)
        project = self.project(team, recorder)
        self.add("project_id", relation, project.id)
        self.add("activity_id", relation, self.activity(person, team, project, recorder).id)
        membership = self.session.query(Membership).filter_by(volunteer_id=person.id).one()
        self.add("volunteer", relation, person.number)
        self.add("volunteer_id", relation, person.id)
        self.add("membership_id", relation, membership.id)
        self.add("record_id", relation, record.id)
        self.add("dispute_id", relation, self.dispute(record).id)
        self.add("batch_id", relation, batch.id)
        who = relation.removeprefix("own ")
        actor = self.cast.logins[who] if who != relation else recorder
        self.add("import_id", relation, self.batch(team, recorder, kind="service").id)
        self.add("upload_id", relation, self.upload(team, actor).id)
        claim = self.claim(person, team, recorder, root)
        self.add("claim_id", relation, claim.record_id)
        self.add("picture_id", relation, claim.picture_id)
        self.add("notice_id", relation, self.notice(person, record).id)
        self.add("adjustment_id", relation, self.adjustment(person, recorder).id)
        item = self.item(team.organisation_id, recorder)
        self.add("item_id", relation, item.id)
        self.add("redemption_id", relation, self.redemption(person, item, recorder, root))
        self.add("partner_id", relation, self.partner(team, relation, recorder).id)
        self.add("report_id", relation, self.saved_report(team, relation, recorder).id)
        self.add("window_id", relation, self.window(team, recorder).id)
        certificate = self.certificate(person, recorder)
        self.add("certificate_id", relation, certificate.id)
        self.add("verify_code", relation, certificate.verify_code)
        self.add("objection_id", relation, self.objection(person, recorder).id)

    def waits(self, person: Volunteer, team: Team, other: Team, chance: random.Random) -> None:
        """Add any of what may wait about a person: hours, words, points, parcels, questions."""
        recorder = self.cast.logins["organiser"]
        root = self.session.query(Organisation).filter_by(code="JD").one().id
        if chance.random() < 0.6:
            record = self.record(person, team, recorder, root, self.batch(team, recorder).id)
            if chance.random() < 0.6:
                dispute, passes = self.dispute(record), chance.random() < 0.5
                # What was refused may be passed on, once.
                for dispute.state, dispute.may_pass_on in _PASSED if passes else ():
                    self.session.flush()
        if chance.random() < 0.5:
            self.adjustment(person, recorder)
        if chance.random() < 0.5:
            item = self.item(team.organisation_id, recorder)
            item.low_at = chance.choice((3, 8, 9))
            self.redemption(person, item, recorder, root)
        if chance.random() < 0.5:
            self.objection(person, recorder)
        if chance.random() < 0.5:
            asked = ErasureAsk(volunteer_id=person.id, asked_by_id=recorder, asked_at=NOW)
            self.session.add(asked)
        if chance.random() < 0.6:
            self.asks_of(person, other, person_of(self.session, other), recorder, person.name)

    def asks_of(
        self, asker: Volunteer, team: Team, other: Volunteer, recorder: int, relation: str
    ) -> None:
        """Add what waits for an answer about a team, and who acts for its member."""
        request = JoinRequest(
            organisation_id=team.organisation_id,
            name=f"寒露{relation}",
            phone="13800000028",
            wants_advice=False,
            privacy_version="2026-11",
            consent_by="self",
            asked_at=NOW,
        )
        ask = TeamAsk(
            volunteer_id=asker.id,
            team_id=team.id,
            kind="join",
            asked_by_id=recorder,
            asked_at=NOW,
        )
        is_own = relation.startswith("own ")
        ward, helper = (asker, other) if is_own else (other, asker)
        helper_ask = HelperAsk(
            volunteer_id=ward.id, helper_id=helper.id, asked_by_id=recorder, asked_at=NOW
        )
        acting = Helper(volunteer_id=ward.id, helper_id=helper.id, kind="helper", from_on=SINCE)
        self.session.add_all([request, ask, helper_ask, acting])
        self.session.flush()
        self.session.add(JoinWish(request_id=request.id, team_id=team.id))
        self.session.flush()
        rows: dict[str, Any] = {
            "ask_id": ask,
            "helper_ask_id": helper_ask,
            "acting_id": acting,
        }
        for kind, row in rows.items() if is_own else {**rows, "request_id": request}.items():
            self.add(kind, relation, row.id)

    def add(self, kind: str, relation: str, value: object) -> None:
        if relation.startswith("own "):
            self.cast.own.setdefault(relation.removeprefix("own "), {})[kind] = str(value)
        else:
            self.cast.subjects.setdefault(kind, {})[relation] = str(value)

    def organisation(self, code: str, parent_id: int | None) -> int:
        made = create_organisation(
            self.session, code=code, name=f"{code}社区", parent_id=parent_id, actor_id=None, now=NOW
        )
        return made.id

    def team(self, organisation_id: int, code: str, colour_id: int) -> Team:
        return create_team(
            self.session,
            organisation_id=organisation_id,
            colour_id=colour_id,
            code=code,
            name=f"{code}队",
            actor_id=None,
            now=NOW,
        )

    def person(
        self, organisation_id: int, name: str, team: Team, role: str = "member"
    ) -> Volunteer:
        made = add_volunteer(
            self.session, organisation_id=organisation_id, name=name, actor_id=None, now=NOW
        )
        self.session.add(
            Membership(team_id=team.id, volunteer_id=made.id, role=role, from_on=SINCE)
        )
        self.session.flush()
        return made

    def login(self, who: str, name: str, *, volunteer_id: int | None = None, **role: Any) -> int:
        made = create_login(
            self.session,
            display_name=name,
            name=None if volunteer_id else who,
            volunteer_id=volunteer_id,
            actor_id=None,
            now=NOW,
        )
        if role:
            self.session.add(Role(login_id=made.id, from_on=SINCE, **role))
            self.session.flush()
        self.cast.logins[who] = made.id
        return made.id

    def upload(self, team: Team, actor: int) -> Upload:
        """Add a file that was looked at and can be imported."""
        made = Upload(
            kind="service",
            organisation_id=team.organisation_id,
            team_id=team.id,
            actor_id=actor,
            uploaded_at=NOW,
            expires_at=NOW + timedelta(days=10_000),
            file_name="list.csv",
            file_sha256="0" * 64,
            file_bytes=1,
            content=b"x",
            language="en",
            state="ready",
            revision=1,
            fixes="[]",
            preview=json.dumps(EMPTY_PREVIEW),
            preview_revision=1,
            digest="0" * 64,
            mend=b"x",
        )
        self.session.add(made)
        self.session.flush()
        return made

    def notice(self, person: Volunteer, record: ServiceRecord) -> Notice:
        """Add something told to a person."""
        made = Notice(
            volunteer_id=person.id,
            kind="no_longer_known",
            figures="{}",
            path=f"/records/{record.id}",
            subject_kind="service_record",
            subject_id=record.id,
            once="",
            told_at=NOW,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def item(self, organisation_id: int, recorder: int) -> ShelfItem:
        """Add an item of a shelf with some in stock."""
        made = ShelfItem(
            organisation_id=organisation_id,
            kind="goods",
            available=9,
            made_by_id=recorder,
            made_at=NOW,
        )
        self.session.add(made)
        self.session.flush()
        said = {"name": "毛巾", "description": "", "measure": "条", "category": "日用"}
        version = ItemVersion(
            item_id=made.id,
            number=1,
            price_hundredths=PRICE,
            collect_at="",
            made_by_id=recorder,
            made_at=NOW,
            **said,
        )
        move = StockMove(
            item_id=made.id,
            kind="in",
            available_change=9,
            reserved_change=0,
            at=NOW,
            actor_id=recorder,
        )
        self.session.add_all([version, move])
        self.session.flush()
        return made

    def certificate(self, person: Volunteer, recorder: int) -> Certificate:
        """Add a certificate of two hours that a paper book held."""
        home = self.session.get_one(Organisation, person.organisation_id)
        made = write(
            self.session,
            desk_of(
                self.session,
                Issuer(home.id, home.code, home.name),
                actor=Actor(recorder, None, "夏至"),
                now=NOW,
                secret=SECRET,
            ),
            Draft(
                kind="service",
                title="志愿服务记录证明",
                holder=Holder(person.id, None, person.name, person.number or ""),
                year=None,
                from_on=None,
                until_on=None,
                figures=figures_of([], before_minutes=120, issuer_name=home.name),
            ),
        )
        return self.session.get_one(Certificate, made)

    def partner(self, team: Team, relation: str, recorder: int) -> Partner:
        """Add a partner unit of an organisation."""
        made = Partner(
            organisation_id=team.organisation_id,
            name=f"超市{relation}",
            contact="",
            made_by_id=recorder,
            made_at=NOW,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def saved_report(self, team: Team, relation: str, recorder: int) -> SavedReport:
        """Add a saved report of an organisation."""
        made = SavedReport(
            organisation_id=team.organisation_id,
            owner_id=recorder,
            name=f"报表{relation}",
            question=kept(Question()),
            saved_at=NOW,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def window(self, team: Team, recorder: int) -> RedemptionWindow:
        """Add redemption days that have ended, so that every day is one."""
        made = RedemptionWindow(
            organisation_id=team.organisation_id,
            kind="month_day",
            day=15,
            title="",
            made_by_id=recorder,
            made_at=NOW,
            ended_at=NOW,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def redemption(self, person: Volunteer, item: ShelfItem, recorder: int, root: int) -> int:
        """Let a person redeem an item today; it waits to be collected."""
        held = lock_holders(self.session, [person.id])[person.id]
        given = system_account(self.session, root, "opening", "points")
        legs = (Leg(held.points_id, 3 * PRICE), Leg(given, -3 * PRICE))
        entry = NewEntry("adjustment", "test", person.id, legs)
        post(self.session, [entry], reserve(self.session, 1, NOW), actor_id=None)
        done = redeem(
            self.session,
            Asked(item.id, 1, PRICE),
            volunteer_id=person.id,
            actor=Actor(recorder, person.id, person.name),
            now=now(),
            key=f"cast {person.id}",
        )
        assert done.redemption_id is not None
        self.session.expire(item)
        return done.redemption_id

    def project(self, team: Team, recorder: int) -> Project:
        """Add a service of a team that comes back every week."""
        made = Project(
            team_id=team.id,
            weekday=1,
            every_weeks=1,
            from_on=SINCE,
            made_by_id=recorder,
            made_at=NOW,
            **PLAN,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def activity(self, person: Volunteer, team: Team, project: Project, recorder: int) -> Activity:
        """Add an announced activity of next week with a place for a person."""
        made = Activity(
            team_id=team.id,
            project_id=project.id,
            service_on=now().date() + timedelta(days=7),
            state="published",
            published_at=NOW,
            taken=1,
            screen_secret="00" * 16,
            paper_secret="11" * 16,
            made_by_id=recorder,
            made_at=NOW,
            **PLAN,
        )
        self.session.add(made)
        self.session.flush()
        self.session.add(
            SignUp(
                activity_id=made.id,
                volunteer_id=person.id,
                state="placed",
                made_by_id=recorder,
                made_at=NOW,
                placed_at=NOW,
            )
        )
        self.session.flush()
        return made

    def dispute(self, record: ServiceRecord) -> Dispute:
        """Add words against a record, raised by the organiser's sign-in for the volunteer."""
        made = Dispute(
            record_id=record.id,
            volunteer_id=record.volunteer_id,
            what="points",
            raised_at=NOW,
            due_on=SERVED_ON + timedelta(days=10_000),
            state="open",
            may_pass_on=False,
        )
        self.session.add(made)
        self.session.flush()
        line = DisputeLine(
            dispute_id=made.id,
            at=NOW,
            kind="raised",
            author_id=record.recorder_id,
            on_behalf_of_id=record.volunteer_id,
            words="少了半分",
        )
        self.session.add(line)
        self.session.flush()
        return made

    def adjustment(self, person: Volunteer, recorder: int) -> Adjustment:
        """Add points that the organiser asked a second person for."""
        made = Adjustment(
            kind="amount",
            organisation_id=person.organisation_id,
            volunteer_id=person.id,
            points_hundredths=100,
            reason="漏记",
            asker_id=recorder,
            asked_at=NOW,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def objection(self, person: Volunteer, recorder: int) -> Objection:
        """Add an open objection to the list of 2019, whose notice is over."""
        made = Objection(
            snapshot_id=self.snapshot(person.organisation_id, recorder),
            organisation_id=person.organisation_id,
            year=2019,
            volunteer_id=person.id,
            raised_by_id=recorder,
            words="少了一次",
            raised_at=NOW,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def snapshot(self, organisation_id: int, recorder: int) -> int:
        """Return the list of 2019, frozen by one person alone."""
        kept = self.session.query(RankingSnapshot).filter_by(organisation_id=organisation_id)
        if (found := kept.first()) is not None:
            return found.id
        weights = dict.fromkeys(("per_hour", "per_date", "per_service_day", "per_point"), 0)
        place: dict[str, Any] = {"organisation_id": organisation_id, "year": 2019}
        scheme = RankingScheme(
            **place, **weights, version=1, is_weighted=False, minimum_minutes=0,
            titles_per_person=1, made_by_id=recorder, made_at=NOW,
        )  # fmt: skip
        self.session.add(scheme)
        self.session.flush()
        asked = RankingFreeze(
            **place, asked_for="notice", scheme_id=scheme.id, reason="", asker_id=recorder,
            asked_at=NOW,
        )  # fmt: skip
        self.session.add(asked)
        self.session.flush()
        sums = dict.fromkeys(
            ("sha256", "colours_sha256", "teams_sha256", "awards_sha256"), "0" * 64
        )
        made = RankingSnapshot(
            **place, **sums, freeze_id=asked.id, number=1, scheme_id=scheme.id, mark=0, scope="[]",
            rule_versions="[]", least_people=5, people=0, minutes=0, frozen_at=NOW,
            notice_from_on=SINCE, notice_until_on=SINCE,
        )  # fmt: skip
        self.session.add(made)
        self.session.flush()
        asked.state, asked.is_alone, asked.answer, asked.answered_at = "done", True, "一人", NOW
        self.session.flush()
        return made.id

    def batch(self, team: Team, recorder: int, kind: str = "day") -> Batch:
        counts = dict.fromkeys(("updated", "duplicates", "refused", "blank"), 0)
        made = Batch(
            kind=kind,
            organisation_id=team.organisation_id,
            team_id=team.id,
            service_on=SERVED_ON,
            actor_id=recorder,
            made_at=NOW,
            rows=1,
            created=1,
            **counts,
        )
        self.session.add(made)
        self.session.flush()
        return made

    def claim(self, person: Volunteer, team: Team, recorder: int, root: int) -> Claim:
        """Add a claim with a photo, sent back: it counts nowhere and waits for nobody."""
        record = self.record(person, team, recorder, root, None)
        record.evidence, record.waits_reason = "claimed", "claim"
        self.session.flush()
        record.state, record.reason = "rejected", "哪一天"
        record.approver_id, record.decided_at = recorder, NOW
        face = {"media_type": "image/webp", "width": 1, "height": 1, "large": b"x", "small": b"x"}
        picture = Picture(sha256="0" * 64, made_by_id=recorder, made_at=NOW, **face)
        self.session.add(picture)
        self.session.flush()
        made = Claim(record_id=record.id, picture_id=picture.id)
        self.session.add(made)
        self.session.flush()
        return made

    def record(
        self, person: Volunteer, team: Team, recorder: int, root: int, batch_id: int | None
    ) -> ServiceRecord:
        made = ServiceRecord(
            root_id=root,
            volunteer_id=person.id,
            team_id=team.id,
            organisation_id=team.organisation_id,
            colour_id=team.colour_id,
            service_on=SERVED_ON,
            minutes=90,
            content="扫楼道",
            evidence="entered",
            state="submitted",
            waits_reason="late",
            is_guest=False,
            is_service_day=True,
            is_service_month=True,
            earns_points=True,
            daily_limit_minutes=480,
            points_hundredths=0,
            recorder_id=recorder,
            recorded_at=NOW,
            batch_id=batch_id,
        )
        self.session.add(made)
        self.session.flush()
        return made
