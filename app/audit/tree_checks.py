"""The invariants of the tree: nobody is left at what is retired, and every change is told."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words
from app.errors import N_


def tree_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on retired organisations and on what became of organisations."""
    person = """
        SELECT v.id AS volunteer_id, o.code FROM volunteers v
        JOIN organisations o ON o.id = v.organisation_id
        WHERE o.retired_on IS NOT NULL AND v.state <> 'matched'
    """
    team = """
        SELECT t.id AS team_id, o.code FROM teams t
        JOIN organisations o ON o.id = t.organisation_id
        WHERE o.retired_on IS NOT NULL AND t.retired_on IS NULL
    """
    below = """
        SELECT o.id AS organisation_id, p.code FROM organisations o
        JOIN organisations p ON p.id = o.parent_id
        WHERE p.retired_on IS NOT NULL AND o.retired_on IS NULL
    """
    # Of a split the one it was split off goes on: the last other word counts.
    otherwise = """
        SELECT o.id AS organisation_id, c.kind FROM organisations o
        LEFT JOIN organisation_changes c ON c.id = (
          SELECT max(id) FROM organisation_changes
          WHERE organisation_id = o.id AND kind <> 'split'
        )
        WHERE (o.retired_on IS NOT NULL) <> (coalesce(c.kind, '') IN ('merged', 'retired'))
    """
    at = words.instant("done.at")
    untold = f"""
        SELECT done.actor_id, {at} AS at FROM (
          SELECT made_by_id AS actor_id, made_at AS at FROM organisation_changes
          EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    return (
        Check(
            "T-01",
            N_("Nobody and no team in service is left at a retired organisation, and all is told"),
            "SELECT count(*) FROM organisations",
            (
                Part("person_at_a_retired_one", person),
                Part("team_at_a_retired_one", team),
                Part("organisation_below_a_retired_one", below),
                Part("retired_otherwise_than_told", otherwise),
                Part("tree_change_without_trail", untold),
            ),
        ),
    )
