"""The year of the small community as it is frozen: in plain rows, with the hashes written out."""

from __future__ import annotations

import hashlib

_AT = "'2025-05-01 00:00:00.000000'"


def _sha256(*lines: str) -> str:
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


_PEOPLE = _sha256(
    "rank,volunteer_no,minutes,dates,service_days,points",
    "1,TX00002,120,2,0,2",
    "2,TX00001,90,1,1,2.6",
)
_COLOURS = _sha256('[1,1,"TX00002",120,2,0,200]', '[1,2,"TX00001",90,1,1,260]')
_TEAMS = _sha256("[1,1,210,2]")
_AWARDS = _sha256('[1,"overall","志愿先锋",null,null,"TX00002",1,false]')
# Asked for by the first login, confirmed by the second, at the mark above the last entry.
FROZEN: tuple[str, ...] = (
    f"INSERT INTO marks (id, entry_id, purpose, published_at) VALUES (2, 5, 'ranking', {_AT})",
    "INSERT INTO ranking_schemes (id, organisation_id, year, version, is_weighted, per_hour, "
    "per_date, per_service_day, per_point, minimum_minutes, titles_per_person, made_by_id, "
    f"made_at) VALUES (1, 1, 2025, 1, false, 0, 0, 0, 0, 0, 1, 1, {_AT})",
    "INSERT INTO ranking_titles (scheme_id, position, category, places, title) "
    "VALUES (1, 1, 'overall', 1, '志愿先锋')",
    "INSERT INTO ranking_freezes (id, organisation_id, year, asked_for, scheme_id, reason, "
    "asker_id, asked_at, state, second_id, answered_at, answer, is_alone) "
    f"VALUES (1, 1, 2025, 'notice', 1, '', 1, {_AT}, 'done', 2, {_AT}, '', false)",
    "INSERT INTO ranking_snapshots (id, freeze_id, organisation_id, year, number, scheme_id, mark, "
    "scope, rule_versions, least_people, people, minutes, sha256, colours_sha256, teams_sha256, "
    "awards_sha256, frozen_at, notice_from_on, notice_until_on) VALUES (1, 1, 1, 2025, 1, 1, 5, "
    f"'[1]', '[1]', 2, 2, 210, '{_PEOPLE}', '{_COLOURS}', '{_TEAMS}', '{_AWARDS}', {_AT}, "
    "'2025-05-01', '2025-05-08')",
    *(
        "INSERT INTO ranking_rows (snapshot_id, colour_id, volunteer_id, rank, number, minutes, "
        f"dates, service_days, points_hundredths, kind) VALUES (1, {colour}, {row}, 'resident')"
        for colour in (0, 1)
        for row in ("2, 1, 'TX00002', 120, 2, 0, 200", "1, 2, 'TX00001', 90, 1, 1, 260")
    ),
    "INSERT INTO ranking_team_rows (snapshot_id, team_id, rank, code, name, colour_id, minutes, "
    "people) VALUES (1, 1, 1, 'TX-red', '红队', 1, 210, 2)",
    "INSERT INTO ranking_awards (id, snapshot_id, position, category, title, volunteer_id, rank, "
    "is_tied) VALUES (1, 1, 1, 'overall', '志愿先锋', 2, 1, false)",
    "INSERT INTO trail (at, operation, actor_id, subject_kind, subject_id, request_id) "
    f"VALUES ({_AT}, 'ranking.confirm', 2, 'ranking_freeze', 1, '')",
)
