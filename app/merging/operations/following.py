"""Everything that is no entry goes along: teams, helpers, cards, sign-ups, asks, consents, sign-in.

What was closed stays as it was written down, under the number it was written for.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.bulk import day_of, fetch, run
from app.merging.rules import Span, outside
from app.people.models import Login, NamingConsent, PurposeConsent, Volunteer
from app.people.operations.sessions import end_all
from app.people.queries import get_volunteer, login_of
from app.teams.queries import memberships_of
from app.teams.rules import member_on
from app.trail.queries import after_last_act

ONE_DAY = timedelta(days=1)


class Going(NamedTuple):
    """Who becomes whom, which of their records wait, by whom and when."""

    kept_id: int
    gone_id: int
    waiting_ids: Sequence[int]
    actor_id: int
    now: datetime


def let_follow(session: Session, going: Going, today: date) -> dict[str, int]:
    """Move what goes along; return how many of each, for the preview's words and the trail."""
    teams = _memberships(session, going, today)
    _waiting(session, going)
    helpers = _helpers(session, going, today)
    signed_up = _sign_ups(session, going)
    _asks(session, going)
    _in_charge(session, going)
    _consents(session, going)
    _ways_to_reach(session, going)
    _sign_in(session, going)
    return {"teams": teams, "helpers": helpers, "sign_ups": signed_up}


# ── teams and what waits ──────────────────────────────────────────────────────────────────

_SPANS = (
    "SELECT id, team_id, role, from_on, until_on FROM memberships "
    "WHERE volunteer_id = ? ORDER BY from_on, id"
)
_TAKE_SPAN = "UPDATE memberships SET volunteer_id = ?, from_on = ?, until_on = ? WHERE id = ?"
_ADD_SPAN = (
    "INSERT INTO memberships (team_id, volunteer_id, role, from_on, until_on) "
    "VALUES (?, ?, ?, ?, ?)"
)
_END_SPAN = "UPDATE memberships SET until_on = ? WHERE id = ?"
_GIVE = (
    "UPDATE service_records SET volunteer_id = ?, is_guest = ? "
    "WHERE id IN ?ids AND state IN ('draft', 'submitted')"
)
_WAITING = (
    "SELECT id, team_id, service_on FROM service_records "
    "WHERE id IN ?ids AND state IN ('draft', 'submitted')"
)


def _memberships(session: Session, going: Going, today: date) -> int:
    """Unite the spans of each team: what the kept person lacks is added, nothing overlaps."""
    held: dict[int, list[Span]] = {}
    for _id, team_id, _role, from_on, until_on in fetch(session, _SPANS, going.kept_id):
        held.setdefault(team_id, []).append(_span(from_on, until_on))
    moved = 0
    for row_id, team_id, role, from_on, until_on in fetch(session, _SPANS, going.gone_id):
        own = held.setdefault(team_id, [])
        parts = outside(_span(from_on, until_on), own)
        own += parts
        if not parts:
            begun = day_of(from_on)
            run(session, _END_SPAN, _ended(begun, until_on, today), row_id)
            continue
        moved += 1
        run(session, _TAKE_SPAN, going.kept_id, *parts[0], row_id)
        for part in parts[1:]:
            run(session, _ADD_SPAN, team_id, going.kept_id, role, *part)
    return moved


def _span(from_on: Any, until_on: Any) -> Span:
    return day_of(from_on), None if until_on is None else day_of(until_on)


def _ended(begun: date, until_on: Any, today: date) -> date:
    last = today - ONE_DAY if until_on is None else min(day_of(until_on), today - ONE_DAY)
    return max(begun, last)


def _waiting(session: Session, going: Going) -> None:
    """Make what waits the kept person's, who may belong to the team now."""
    ids = sorted(going.waiting_ids)
    if not ids:
        return
    spans = memberships_of(session, [going.kept_id])
    guests: dict[bool, list[int]] = {True: [], False: []}
    for id_, team_id, service_on in fetch(session, _WAITING, ids):
        is_member = member_on(spans.get((going.kept_id, team_id), ()), day_of(service_on))
        guests[not is_member].append(id_)
    for is_guest, some in guests.items():
        if some:
            run(session, _GIVE, going.kept_id, is_guest, some)


# ── those who help, and what lies ahead ───────────────────────────────────────────────────

_HELPERS = (
    "SELECT id, volunteer_id, helper_id, kind, consent FROM helpers "
    "WHERE (volunteer_id = ? OR helper_id = ?) AND (until_on IS NULL OR until_on >= ?)"
)
_END_HELP = "UPDATE helpers SET until_on = ? WHERE id = ?"
_HELP = (
    "INSERT INTO helpers (volunteer_id, helper_id, kind, from_on, until_on, consent) "
    "VALUES (?, ?, ?, ?, NULL, ?)"
)
_AHEAD = """
SELECT s.id, s.activity_id, s.volunteer_id, s.state FROM sign_ups s
JOIN activities a ON a.id = s.activity_id
WHERE s.volunteer_id IN ?ids AND s.state IN ('placed', 'waiting')
  AND a.state IN ('draft', 'published', 'under_way') ORDER BY s.id
"""
_TAKE_PLACE = "UPDATE sign_ups SET volunteer_id = ? WHERE id = ?"
_LEAVE_PLACE = (
    "UPDATE sign_ups SET state = 'withdrawn', attendance = NULL, ended_at = ?, ended_by_id = ? "
    "WHERE id = ?"
)
_FREE_PLACE = "UPDATE activities SET taken = taken - 1 WHERE id = ?"
_CHECK_INS = """
UPDATE check_ins SET volunteer_id = ? WHERE volunteer_id = ? AND activity_id IN (
  SELECT id FROM activities WHERE state IN ('published', 'under_way')
) AND NOT EXISTS (
  SELECT 1 FROM check_ins o WHERE o.activity_id = check_ins.activity_id AND o.volunteer_id = ?
)
"""
_IN_CHARGE = (
    "UPDATE activities SET in_charge_id = ? "
    "WHERE in_charge_id = ? AND state IN ('draft', 'published', 'under_way')",
    "UPDATE projects SET in_charge_id = ? WHERE in_charge_id = ?",
)


def _helpers(session: Session, going: Going, today: date) -> int:
    """Let whoever acts for one act for the other from today on; what was before stays as it was."""
    both = {going.kept_id, going.gone_id}
    held = {
        (row[1], row[2])
        for row in fetch(session, _HELPERS, going.kept_id, going.kept_id, today)
        if row[0]
    }
    moved = 0
    for row in fetch(session, _HELPERS, going.gone_id, going.gone_id, today):
        id_, volunteer_id, helper_id, kind, consent = row
        run(session, _END_HELP, today - ONE_DAY, id_)
        pair = tuple(going.kept_id if one in both else one for one in (volunteer_id, helper_id))
        if pair[0] == pair[1] or pair in held:
            continue
        run(session, _HELP, *pair, kind, today, consent)
        moved += 1
    return moved


def _sign_ups(session: Session, going: Going) -> int:
    """Move places at activities to come; of two places at one activity the better one stays."""
    rows = fetch(session, _AHEAD, [going.kept_id, going.gone_id])
    own = {row[1]: (row[0], row[3]) for row in rows if row[2] == going.kept_id}
    moved = 0
    for id_, activity_id, volunteer_id, state in rows:
        if volunteer_id != going.gone_id:
            continue
        other = own.get(activity_id)
        if other is not None and (state == "waiting" or other[1] == "placed"):
            _leave(session, id_, activity_id, state, going)
            continue
        if other is not None:
            _leave(session, other[0], activity_id, other[1], going)
        run(session, _TAKE_PLACE, going.kept_id, id_)
        moved += 1
    run(session, _CHECK_INS, going.kept_id, going.gone_id, going.kept_id)
    return moved


def _leave(session: Session, id_: int, activity_id: int, state: str, going: Going) -> None:
    run(session, _LEAVE_PLACE, going.now, going.actor_id, id_)
    if state == "placed":
        run(session, _FREE_PLACE, activity_id)


def _in_charge(session: Session, going: Going) -> None:
    for statement in _IN_CHARGE:
        run(session, statement, going.kept_id, going.gone_id)


# ── what was asked ────────────────────────────────────────────────────────────────────────

_WITHDRAW_ASKS = (
    "UPDATE team_asks SET state = 'withdrawn', decided_at = ?, decided_by_id = ? "
    "WHERE volunteer_id = ? AND state = 'open'",
    "UPDATE helper_asks SET state = 'withdrawn', decided_at = ?, decided_by_id = ? "
    "WHERE (volunteer_id = ? OR helper_id = ?) AND state = 'open'",
)
_TAKE_ASKS = """
UPDATE team_asks SET volunteer_id = ? WHERE volunteer_id = ? AND state = 'open' AND kind = 'join'
  AND NOT EXISTS (SELECT 1 FROM team_asks o WHERE o.volunteer_id = ? AND o.state = 'open'
    AND o.team_id = team_asks.team_id AND o.kind = 'join')
  AND NOT EXISTS (SELECT 1 FROM memberships m WHERE m.volunteer_id = ?
    AND m.team_id = team_asks.team_id AND m.until_on IS NULL)
"""


def _asks(session: Session, going: Going) -> None:
    """Let what was asked of a team wait on as the kept person's; the rest is withdrawn."""
    kept, gone = going.kept_id, going.gone_id
    run(session, _TAKE_ASKS, kept, gone, kept, kept)
    for statement, people in zip(_WITHDRAW_ASKS, ((gone,), (gone, gone)), strict=True):
        run(session, statement, going.now, going.actor_id, *people)


# ── consents: of two words the stricter one ───────────────────────────────────────────────

_COPY_CONSENTS = """
INSERT INTO consents (volunteer_id, version, given_at, given_by, guardian_id, recorded_by_id)
SELECT ?, version, given_at, given_by, guardian_id, recorded_by_id FROM consents c
WHERE c.volunteer_id = ? AND NOT EXISTS (SELECT 1 FROM consents o WHERE o.volunteer_id = ?)
ORDER BY c.id
"""
_LAST_NAMING = (
    "SELECT is_named FROM naming_consents WHERE volunteer_id = ? ORDER BY id DESC LIMIT 1"
)
_LAST_WORDS = """
SELECT c.purpose, c.is_given FROM purpose_consents c WHERE c.volunteer_id = ? AND c.id = (
  SELECT max(o.id) FROM purpose_consents o
  WHERE o.volunteer_id = c.volunteer_id AND o.purpose = c.purpose)
"""


def _consents(session: Session, going: Going) -> None:
    run(session, _COPY_CONSENTS, going.kept_id, going.gone_id, going.kept_id)
    kept = get_volunteer(session, going.kept_id)
    said = fetch(session, _LAST_NAMING, going.gone_id)
    if kept.is_named and said and not said[0][0]:
        _name_no_longer(session, kept, going)
    words = dict(map(tuple, fetch(session, _LAST_WORDS, going.gone_id)))
    own = dict(map(tuple, fetch(session, _LAST_WORDS, going.kept_id)))
    for purpose, is_given in sorted(words.items()):
        if not is_given and own.get(purpose) and purpose != "minors":
            session.add(
                PurposeConsent(
                    volunteer_id=going.kept_id,
                    purpose=purpose,
                    is_given=False,
                    version=None,
                    given_by="paper",
                    signed_by="person",
                    recorded_by_id=going.actor_id,
                    given_at=going.now,
                )
            )
    session.flush()


def _name_no_longer(session: Session, kept: Volunteer, going: Going) -> None:
    """Whoever once said no is not named by having said yes under another number."""
    session.add(
        NamingConsent(
            volunteer_id=going.kept_id,
            is_named=False,
            given_by="paper",
            signed_by="person",
            recorded_by_id=going.actor_id,
            given_at=going.now,
        )
    )
    kept.is_named = False
    session.flush()


# ── cards, calendars, addresses, sign-in ──────────────────────────────────────────────────

_WITHDRAW_CARD = "UPDATE cards SET withdrawn_at = ? WHERE volunteer_id = ? AND withdrawn_at IS NULL"
_FORGET_FEED = "DELETE FROM calendar_feeds WHERE volunteer_id = ?"
_TAKE_READER = """
UPDATE notice_readers SET volunteer_id = ? WHERE volunteer_id = ?
  AND NOT EXISTS (SELECT 1 FROM notice_readers o WHERE o.volunteer_id = ?)
"""
_FORGET_ADDRESSES = """
DELETE FROM notice_addresses WHERE reader_id IN (
  SELECT id FROM notice_readers WHERE volunteer_id = ?)
"""
_COPY_DETAILS = """
INSERT INTO person_details (volunteer_id, residence_area, skills, service_category, changed_at,
  changed_by_id)
SELECT ?, residence_area, skills, service_category, CAST(? AS {instant}), ? FROM person_details d
WHERE d.volunteer_id = ? AND NOT EXISTS (SELECT 1 FROM person_details o WHERE o.volunteer_id = ?)
"""
_WITHDRAW_CODES = """
UPDATE activation_codes SET withdrawn_at = ?
WHERE login_id = ? AND used_at IS NULL AND withdrawn_at IS NULL
"""


def _ways_to_reach(session: Session, going: Going) -> None:
    kept, gone = going.kept_id, going.gone_id
    run(session, _WITHDRAW_CARD, going.now, gone)
    run(session, _FORGET_FEED, gone)
    run(session, _TAKE_READER, kept, gone, kept)
    run(session, _FORGET_ADDRESSES, gone)
    instant = "timestamptz" if session.get_bind().dialect.name == "postgresql" else "text"
    details = _COPY_DETAILS.format(instant=instant)
    run(session, details, kept, going.now, going.actor_id, gone, kept)


def _sign_in(session: Session, going: Going) -> None:
    """One sign-in stays: the kept person's; where they have none, the other's becomes theirs.

    Either way nobody is signed in by the old number any more, and no code opens it.
    """
    login = login_of(session, going.gone_id)
    if login is None:
        return
    run(session, _WITHDRAW_CODES, going.now, login.id)
    end_all(session, login.id, now=going.now)
    if login_of(session, going.kept_id) is None:
        _take_login(session, login, going)
    else:
        login.is_suspended = True
    session.flush()


def _take_login(session: Session, login: Login, going: Going) -> None:
    kept = get_volunteer(session, going.kept_id)
    login.volunteer_id = going.kept_id
    login.linked_at = after_last_act(session, login.id, going.now)
    login.display_name = kept.name
