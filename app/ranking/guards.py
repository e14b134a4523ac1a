"""What is frozen stays (I-04, I-17); a request is answered once, an objection ends once."""

from __future__ import annotations

from app.guards import (
    Erasable,
    Guard,
    Moves,
    refuse_change,
    refuse_delete,
    refuse_overwrite,
    refuse_replace,
    steps_of,
)
from app.ranking.rules.stages import FREEZE_MOVES, OBJECTION_MOVES

_FREEZE = Moves(
    table="ranking_freezes",
    row="ranking_freeze",
    steps=steps_of(FREEZE_MOVES),
    kept=(
        "id",
        "organisation_id",
        "year",
        "asked_for",
        "scheme_id",
        "snapshot_id",
        "reason",
        "asker_id",
        "asked_at",
    ),
    begins="asked",
    wrong_step="a freeze is answered once",
    edited="what was asked is not edited",
    wrong_beginning="a freeze begins with the question",
)
_OBJECTION = Moves(
    table="objections",
    row="objection",
    steps=steps_of(OBJECTION_MOVES),
    kept=(
        "id",
        "snapshot_id",
        "organisation_id",
        "year",
        "volunteer_id",
        "raised_by_id",
        "about_id",
        "words",
        "raised_at",
    ),
    begins="open",
    wrong_step="an objection ends once",
    edited="what was objected is not edited",
    wrong_beginning="an objection begins open",
    erasable=Erasable(
        "objections",
        "e.volunteer_id IN (OLD.volunteer_id, OLD.about_id)",
        words=("words",),
        others=(
            *("id", "snapshot_id", "organisation_id", "year", "volunteer_id", "raised_by_id"),
            *("about_id", "raised_at", "state", "answer", "is_public", "answered_by_id"),
            "ended_at",
        ),
    ),
)

_SAME_YEAR = "o.organisation_id = NEW.organisation_id AND o.year = NEW.year"
_SAME_QUESTION = f"{_SAME_YEAR} AND o.state = 'asked' AND NEW.state = 'asked'"
_SAME_TITLE = "o.snapshot_id = NEW.snapshot_id AND o.position = NEW.position"
# Every key by which INSERT OR REPLACE could push a row out.
_FROZEN: dict[str, tuple[str, ...]] = {
    "ranking_schemes": ("o.id = NEW.id", f"{_SAME_YEAR} AND o.version = NEW.version"),
    "ranking_titles": ("o.scheme_id = NEW.scheme_id AND o.position = NEW.position",),
    "ranking_exclusions": ("o.scheme_id = NEW.scheme_id AND o.volunteer_id = NEW.volunteer_id",),
    "ranking_snapshots": (
        "o.id = NEW.id",
        "o.freeze_id = NEW.freeze_id",
        "o.corrects_id = NEW.corrects_id",
        f"{_SAME_YEAR} AND o.number = NEW.number",
    ),
    "ranking_rows": (
        "o.snapshot_id = NEW.snapshot_id AND o.colour_id = NEW.colour_id"
        " AND o.volunteer_id = NEW.volunteer_id",
    ),
    "ranking_team_rows": ("o.snapshot_id = NEW.snapshot_id AND o.team_id = NEW.team_id",),
    "ranking_awards": (
        "o.id = NEW.id",
        f"{_SAME_TITLE} AND o.volunteer_id = NEW.volunteer_id",
        f"{_SAME_TITLE} AND o.team_id = NEW.team_id",
    ),
    "notice_extensions": ("o.id = NEW.id",),
    "ranking_finals": (
        "o.snapshot_id = NEW.snapshot_id",
        "o.freeze_id = NEW.freeze_id",
        _SAME_YEAR,
    ),
}
# A snapshot's rows come with it, in the transaction of the freeze; nothing joins it later.
_JOINING_SQLITE = """
CREATE TRIGGER {table}_no_joining BEFORE INSERT ON {table}
WHEN EXISTS (SELECT 1 FROM ranking_freezes f JOIN ranking_snapshots s ON s.freeze_id = f.id
  WHERE s.id = NEW.snapshot_id AND f.state <> 'asked')
BEGIN SELECT RAISE(ABORT, 'a frozen ranking is complete'); END
"""
_JOINING_FUNCTION = """
CREATE OR REPLACE FUNCTION qicai_ranking_joins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM joining j JOIN ranking_snapshots s ON s.id = j.snapshot_id
    JOIN ranking_freezes f ON f.id = s.freeze_id WHERE f.state <> 'asked') THEN
    RAISE EXCEPTION 'a frozen ranking is complete' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$
"""
FUNCTIONS: tuple[str, ...] = (*_FREEZE.functions, *_OBJECTION.functions, _JOINING_FUNCTION)
_PARTS = ("ranking_rows", "ranking_team_rows", "ranking_awards")


def _no_joining(table: str) -> Guard:
    return Guard(
        f"{table}_no_joining",
        table,
        _JOINING_SQLITE.format(table=table),
        f"CREATE TRIGGER {table}_no_joining AFTER INSERT ON {table} "
        "REFERENCING NEW TABLE AS joining FOR EACH STATEMENT "
        "EXECUTE FUNCTION qicai_ranking_joins()",
    )


GUARDS: tuple[Guard, ...] = (
    *(
        guard
        for table, keys in _FROZEN.items()
        for guard in (*refuse_change(table), refuse_replace(table, *keys))
    ),
    *map(_no_joining, _PARTS),
    *refuse_delete("ranking_freezes"),
    refuse_replace("ranking_freezes", "o.id = NEW.id", _SAME_QUESTION),
    refuse_overwrite("ranking_freezes", "id", _SAME_QUESTION),
    *_FREEZE.guards,
    *refuse_delete("objections"),
    refuse_replace("objections", "o.id = NEW.id"),
    refuse_overwrite("objections", "id"),
    *_OBJECTION.guards,
)
