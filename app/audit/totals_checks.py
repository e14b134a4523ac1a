"""The totals kept beside the service records: they are those of the records."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words, whole
from app.errors import N_

_FIGURES = ("records", "minutes", "points_hundredths", "dates", "service_days")
_KEPT = ", ".join(_FIGURES)
_SUMMED = ", ".join(f"{whole(f'sum({figure})')} AS {figure}" for figure in _FIGURES)
_TAKEN_OFF = ", ".join(f"-sum({figure}) AS {figure}" for figure in _FIGURES)
# Kept less recounted, per key: a total too many, too few or wrong is not zero.
_WRONG = " OR ".join(f"sum({figure}) <> 0" for figure in _FIGURES)


def totals_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on what is kept per person, year, team, organisation and day."""
    return (
        Check(
            "I-25",
            N_("The totals kept per person, year and team are those of the records"),
            "SELECT count(*) FROM service_totals",
            (
                Part("totals_differ", _totals_differ(words)),
                Part("standings_differ", _standings_differ(words)),
                Part("days_differ", _days_differ(words)),
            ),
        ),
    )


def _totals_differ(words: Words) -> str:
    key = "volunteer_id, year, team_id, organisation_id, colour_id"
    return f"""
        SELECT {key}, {_SUMMED} FROM (
          SELECT {key}, {_KEPT} FROM service_totals
          UNION ALL
          SELECT volunteer_id, {words.year("service_on")} AS year, team_id, organisation_id,
            colour_id, -count(*), -sum(minutes), -sum(points_hundredths),
            -count(DISTINCT service_on),
            -count(DISTINCT CASE WHEN is_service_day THEN service_on END)
          FROM service_records WHERE state = 'approved'
          GROUP BY volunteer_id, {words.year("service_on")}, team_id, organisation_id, colour_id
        ) both_ways GROUP BY {key} HAVING {_WRONG}
    """


def _standings_differ(words: Words) -> str:
    """Compare the standings with the totals, which are compared with the records.

    Only dates do not add up: one served under several keys stands in each one's total, and is
    found in the records. That leaves few rows to carry up the tree instead of every record.
    """
    key = "volunteer_id, year, organisation_id, colour_id"
    served = "r.volunteer_id, r.service_on, r.team_id, r.organisation_id, r.colour_id"
    return f"""
        WITH RECURSIVE below (scope_id, id) AS (
          SELECT id, id FROM organisations
          UNION ALL
          SELECT b.scope_id, o.id FROM below b JOIN organisations o ON o.parent_id = b.id
        ),
        several AS (
          SELECT volunteer_id, service_on FROM service_records
          GROUP BY volunteer_id, service_on HAVING count(*) > 1
        ),
        shared AS (
          SELECT {served}, max(CASE WHEN r.is_service_day THEN 1 ELSE 0 END) AS is_day
          FROM several s JOIN service_records r
            ON r.volunteer_id = s.volunteer_id AND r.service_on = s.service_on
          WHERE r.state = 'approved' GROUP BY {served}
        ),
        placed AS (
          SELECT s.volunteer_id, s.service_on, b.scope_id AS organisation_id, s.colour_id, s.is_day
          FROM shared s JOIN below b ON b.id = s.organisation_id
        ),
        -- What the totals of a scope count too often.
        again AS (
          SELECT volunteer_id, service_on, organisation_id, colour_id,
            1 - count(*) AS dates, max(is_day) - sum(is_day) AS service_days
          FROM (
            SELECT * FROM placed
            UNION ALL
            SELECT volunteer_id, service_on, organisation_id, 0, is_day FROM placed
          ) each_colour
          GROUP BY volunteer_id, service_on, organisation_id, colour_id HAVING count(*) > 1
        ),
        added AS (
          SELECT t.volunteer_id, t.year, b.scope_id AS organisation_id, t.colour_id,
            t.records, t.minutes, t.points_hundredths, t.dates, t.service_days
          FROM service_totals t JOIN below b ON b.id = t.organisation_id
        ),
        -- Once in the record's colour and once in every colour, which is 0.
        due AS (
          SELECT * FROM added
          UNION ALL
          SELECT volunteer_id, year, organisation_id, 0, {_KEPT} FROM added
          UNION ALL
          SELECT volunteer_id, {words.year("service_on")}, organisation_id, colour_id,
            0, 0, 0, dates, service_days FROM again
        )
        SELECT {key}, number, {_SUMMED} FROM (
          SELECT {key}, number, {_KEPT} FROM standings
          UNION ALL
          SELECT d.volunteer_id, d.year, d.organisation_id, d.colour_id, coalesce(v.number, ''),
            {", ".join(f"d.{figure}" for figure in _FIGURES)}
          FROM (SELECT {key}, {_TAKEN_OFF} FROM due GROUP BY {key}) d
          JOIN volunteers v ON v.id = d.volunteer_id
        ) both_ways GROUP BY {key}, number HAVING {_WRONG}
    """


def _days_differ(words: Words) -> str:
    key = "organisation_id, service_on, team_id, colour_id"
    return f"""
        SELECT organisation_id, {words.day("service_on")} AS service_on, team_id, colour_id,
          {whole("sum(records)")} AS records, {whole("sum(minutes)")} AS minutes
        FROM (
          SELECT {key}, records, minutes FROM day_totals
          UNION ALL
          SELECT {key}, -count(*), -sum(minutes)
          FROM service_records WHERE state = 'approved' GROUP BY {key}
        ) both_ways GROUP BY {key} HAVING sum(records) <> 0 OR sum(minutes) <> 0
    """
