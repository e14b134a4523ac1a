"""The lists in which rows name volunteers: never signed in, one leader's most, claims."""

from __future__ import annotations

from flask_babel import gettext as _

from app.integrity import queries
from app.integrity.ground import Column, Ground, Listed, Row, kept, login_names, people_names
from app.integrity.queries import ClaimRow, PairRow
from app.integrity.rules import percent


def unsigned(ground: Ground) -> Listed:
    found = kept(ground, "unsigned", queries.unsigned)
    names = people_names(ground, (row.volunteer_id for row in found))
    columns = (
        Column(_("Hours"), "minutes"),
        Column(_("Records"), "count"),
        Column(_("Entered by so many"), "count"),
        Column(_("Teams"), "count"),
    )
    rows = [
        Row(
            *names[row.volunteer_id],
            None,
            (row.minutes, row.records, row.recorders, row.teams),
            {"person": row.volunteer_id, "evidence": "entered"},
        )
        for row in found
    ]
    return Listed(columns, rows)


def pairs(ground: Ground) -> Listed:
    found = found_pairs(ground)
    people = people_names(ground, (row.volunteer_id for row in found))
    names = login_names(ground, (row.recorder_id for row in found))
    columns = (
        Column(_("Entered by"), "text"),
        Column(_("Hours"), "minutes"),
        Column(_("Records"), "count"),
        Column(_("On average for one person"), "minutes"),
        Column(_("Share of what the leader entered"), "percent"),
    )
    rows = [
        Row(
            *people[row.volunteer_id],
            None,
            (
                names[row.recorder_id],
                row.minutes,
                row.records,
                row.leader_minutes // row.people,
                percent(row.minutes, row.leader_minutes),
            ),
            {"person": row.volunteer_id, "by": row.recorder_id, "evidence": "entered"},
        )
        for row in found
    ]
    return Listed(columns, rows)


def claims(ground: Ground) -> Listed:
    found = found_claims(ground)
    people = people_names(ground, (row.volunteer_id for row in found))
    names = login_names(ground, (row.approver_id for row in found))
    columns = (
        Column(_("Team"), "text"),
        Column(_("Approved by"), "text"),
        Column(_("Claims"), "count"),
        Column(_("Of all claims"), "count"),
        Column(_("Hours"), "minutes"),
    )
    rows = [
        Row(
            *people[row.volunteer_id],
            ground.teams[row.team_id],
            (
                ground.teams[row.team_id].name,
                names[row.approver_id],
                row.claims,
                row.of_claims,
                row.minutes,
            ),
            {
                "person": row.volunteer_id,
                "approver": row.approver_id,
                "team": ground.teams[row.team_id].code,
                "evidence": "claimed",
            },
        )
        for row in found
    ]
    return Listed(columns, rows)


def found_pairs(ground: Ground) -> list[PairRow]:
    return list(kept(ground, "pairs", queries.pairs))


def found_claims(ground: Ground) -> list[ClaimRow]:
    return list(kept(ground, "claims", queries.claims))
