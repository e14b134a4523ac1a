"""The ledger's invariants in the database itself (I-01, I-03 … I-05, I-10).

Postings are written first and the entry last, as the seal: sealing checks that the postings
balance, and no posting joins a sealed entry.
"""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_delete, refuse_overwrite, refuse_replace

_UNBALANCED = """
  SELECT 1 FROM postings p JOIN accounts a ON a.id = p.account_id
  WHERE p.entry_id = NEW.id GROUP BY a.unit HAVING sum(p.amount) <> 0
"""
_NOT_MIRRORED = """
  SELECT 1 FROM postings o LEFT JOIN postings r
    ON r.entry_id = NEW.id AND r.account_id = o.account_id AND r.amount = -o.amount
  WHERE o.entry_id = NEW.reverses_id AND r.account_id IS NULL
"""

SEAL_SQLITE = f"""
CREATE TRIGGER entries_seal BEFORE INSERT ON entries BEGIN
  SELECT RAISE(ABORT, 'entry ids rise') WHERE NEW.id <= (SELECT max(id) FROM entries);
  SELECT RAISE(ABORT, 'recorded instants never fall')
    WHERE NEW.recorded_at < (SELECT recorded_at FROM entries ORDER BY id DESC LIMIT 1);
  SELECT RAISE(ABORT, 'entry at or below a published mark')
    WHERE NEW.id <= (SELECT max(entry_id) FROM marks);
  SELECT RAISE(ABORT, 'an entry has two postings or more')
    WHERE (SELECT count(*) FROM postings WHERE entry_id = NEW.id) < 2;
  SELECT RAISE(ABORT, 'entry does not balance') WHERE EXISTS ({_UNBALANCED});
  SELECT RAISE(ABORT, 'entry is reversed already') WHERE NEW.reverses_id IS NOT NULL
    AND EXISTS (SELECT 1 FROM entries WHERE reverses_id = NEW.reverses_id);
  SELECT RAISE(ABORT, 'a reversal is not reversed') WHERE NEW.reverses_id IS NOT NULL
    AND (SELECT kind FROM entries WHERE id = NEW.reverses_id) = 'reversal';
  SELECT RAISE(ABORT, 'a reversal mirrors each posting') WHERE NEW.reverses_id IS NOT NULL
    AND (EXISTS ({_NOT_MIRRORED})
      OR (SELECT count(*) FROM postings WHERE entry_id = NEW.id)
        <> (SELECT count(*) FROM postings WHERE entry_id = NEW.reverses_id));
  SELECT RAISE(ABORT, 'subject has its award already') WHERE NEW.kind = 'service'
    AND EXISTS (SELECT 1 FROM entries WHERE kind = 'service'
      AND subject_kind = NEW.subject_kind AND subject_id = NEW.subject_id);
  SELECT RAISE(ABORT, 'a redemption is paid once and given back once')
    WHERE NEW.kind IN ('redemption', 'refund') AND EXISTS (SELECT 1 FROM entries
      WHERE kind IN ('redemption', 'refund') AND kind = NEW.kind
      AND subject_kind = NEW.subject_kind AND subject_id = NEW.subject_id);
  SELECT RAISE(ABORT, 'subject is adjusted already') WHERE NEW.kind = 'adjustment'
    AND EXISTS (SELECT 1 FROM entries WHERE kind = 'adjustment'
      AND subject_kind = NEW.subject_kind AND subject_id = NEW.subject_id);
END
"""

# Row by row, each by its index: joined, thousands of new entries were laid beside all postings
# there are, part after part of a long sheet; a plan is kept, too, which was made for other numbers.
SEAL_FUNCTION = """
CREATE OR REPLACE FUNCTION qicai_seal_entries() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
  IF (SELECT min(id) FROM sealed) <= (SELECT max(entry_id) FROM marks) THEN
    RAISE EXCEPTION 'entry at or below a published mark' USING ERRCODE = '23514';
  END IF;
  IF (SELECT min(id) FROM sealed) <= (SELECT max(through_id) FROM chain_links) THEN
    RAISE EXCEPTION 'entry at or below the head of the chain' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (
    SELECT 1 FROM sealed s
    WHERE (SELECT count(*) FROM postings p WHERE p.entry_id = s.id) < 2
  ) THEN
    RAISE EXCEPTION 'an entry has two postings or more' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (
    SELECT 1 FROM sealed s, LATERAL (
      SELECT 1 FROM postings p JOIN accounts a ON a.id = p.account_id
      WHERE p.entry_id = s.id GROUP BY a.unit HAVING sum(p.amount) <> 0
    ) unbalanced
  ) THEN
    RAISE EXCEPTION 'entry does not balance' USING ERRCODE = '23514';
  END IF;
  IF EXISTS (SELECT 1 FROM sealed WHERE reverses_id IS NOT NULL) THEN
    IF EXISTS (
      SELECT 1 FROM sealed s
      WHERE (SELECT o.kind FROM entries o WHERE o.id = s.reverses_id) = 'reversal'
    ) THEN
      RAISE EXCEPTION 'a reversal is not reversed' USING ERRCODE = '23514';
    END IF;
    IF EXISTS (
      SELECT 1 FROM sealed s WHERE s.reverses_id IS NOT NULL AND (
        SELECT count(*) FROM postings o WHERE o.entry_id = s.reverses_id AND NOT EXISTS (
          SELECT 1 FROM postings r WHERE r.entry_id = s.id AND r.account_id = o.account_id
            AND r.amount = -o.amount
        )
      ) > 0
    ) OR EXISTS (
      SELECT 1 FROM sealed s WHERE s.reverses_id IS NOT NULL
        AND (SELECT count(*) FROM postings WHERE entry_id = s.id)
          <> (SELECT count(*) FROM postings WHERE entry_id = s.reverses_id)
    ) THEN
      RAISE EXCEPTION 'a reversal mirrors each posting' USING ERRCODE = '23514';
    END IF;
  END IF;
  RETURN NULL;
END $$
"""

FINISHED_FUNCTION = """
CREATE OR REPLACE FUNCTION qicai_refuse_finished() RETURNS trigger LANGUAGE plpgsql
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off AS $$
BEGIN
  IF EXISTS (
    SELECT 1 FROM written w WHERE (SELECT e.id FROM entries e WHERE e.id = w.entry_id) IS NOT NULL
  ) THEN
    RAISE EXCEPTION 'no posting joins a finished entry' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$
"""

# The link before is there, and what is sealed begins where that one ended.
_FOLLOWS_NOTHING = """
  NEW.id > 1 AND NOT EXISTS (
    SELECT 1 FROM chain_links p WHERE p.id = NEW.id - 1 AND p.sha256 = NEW.previous_sha256
      AND p.through_id = NEW.after_id AND p.sealed_at <= NEW.sealed_at
  )
"""
_SEALS_NOTHING = "NOT EXISTS (SELECT 1 FROM entries WHERE id = NEW.through_id)"

FOLLOWS_FUNCTION = f"""
CREATE OR REPLACE FUNCTION qicai_chain_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {_FOLLOWS_NOTHING} THEN
    RAISE EXCEPTION 'a link follows the last one' USING ERRCODE = '23514';
  END IF;
  IF {_SEALS_NOTHING} THEN
    RAISE EXCEPTION 'a link ends at an entry' USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$
"""

# Ids and instants are given out together under a lock held for microseconds, so that recorded
# instants never fall along the ids although transactions run side by side.
RESERVE_FUNCTION = """
CREATE OR REPLACE FUNCTION qicai_reserve_entries(
  wanted bigint, at timestamptz, OUT first_id bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql AS $$
DECLARE
  micros bigint := (extract(epoch FROM at) * 1000000)::bigint;
BEGIN
  PERFORM pg_advisory_lock(7104, 2);
  BEGIN
    first_id := nextval('entry_ids');
    IF wanted > 1 THEN PERFORM setval('entry_ids', first_id + wanted - 1); END IF;
    micros := greatest(micros, (SELECT last_value FROM entry_instants));
    PERFORM setval('entry_instants', micros);
  EXCEPTION WHEN query_canceled OR OTHERS THEN
    PERFORM pg_advisory_unlock(7104, 2);
    RAISE;
  END;
  PERFORM pg_advisory_unlock(7104, 2);
  recorded_at := timestamptz 'epoch' + micros * interval '1 microsecond';
END $$
"""
SEQUENCES = (
    "CREATE SEQUENCE IF NOT EXISTS entry_ids",
    "CREATE SEQUENCE IF NOT EXISTS entry_instants",
)

FUNCTIONS = (
    *SEQUENCES,
    SEAL_FUNCTION,
    FINISHED_FUNCTION,
    FOLLOWS_FUNCTION,
    RESERVE_FUNCTION,
)

GUARDS: tuple[Guard, ...] = (
    *refuse_change("entries"),
    refuse_replace("entries", "o.id = NEW.id"),
    Guard(
        "entries_seal",
        "entries",
        SEAL_SQLITE,
        "CREATE TRIGGER entries_seal AFTER INSERT ON entries REFERENCING NEW TABLE AS sealed "
        "FOR EACH STATEMENT EXECUTE FUNCTION qicai_seal_entries()",
    ),
    *refuse_change("postings"),
    Guard(
        "postings_unfinished",
        "postings",
        "CREATE TRIGGER postings_unfinished BEFORE INSERT ON postings "
        "WHEN EXISTS (SELECT 1 FROM entries WHERE id = NEW.entry_id) "
        "BEGIN SELECT RAISE(ABORT, 'no posting joins a finished entry'); END",
        "CREATE TRIGGER postings_unfinished AFTER INSERT ON postings "
        "REFERENCING NEW TABLE AS written "
        "FOR EACH STATEMENT EXECUTE FUNCTION qicai_refuse_finished()",
    ),
    refuse_replace("postings", "o.account_id = NEW.account_id AND o.entry_id = NEW.entry_id"),
    Guard(
        "accounts_fixed",
        "accounts",
        "CREATE TRIGGER accounts_fixed BEFORE UPDATE OF id, root_id, holder_id, purpose, unit "
        "ON accounts BEGIN SELECT RAISE(ABORT, 'only the balance of an account moves'); END",
        "CREATE TRIGGER accounts_fixed BEFORE UPDATE OF id, root_id, holder_id, purpose, unit "
        "ON accounts FOR EACH ROW EXECUTE FUNCTION qicai_refuse()",
    ),
    refuse_overwrite("accounts", "id"),
    *refuse_delete("accounts"),
    refuse_replace(
        "accounts",
        "o.id = NEW.id",
        "o.holder_id = NEW.holder_id AND o.unit = NEW.unit",
    ),
    *refuse_change("marks"),
    refuse_replace("marks", "o.id = NEW.id"),
    *refuse_change("chain_links"),
    refuse_replace(
        "chain_links",
        "o.id = NEW.id",
        "o.through_id = NEW.through_id",
        "o.previous_sha256 = NEW.previous_sha256",
        "o.sha256 = NEW.sha256",
    ),
    Guard(
        "chain_links_follow",
        "chain_links",
        "CREATE TRIGGER chain_links_follow AFTER INSERT ON chain_links BEGIN "
        f"SELECT RAISE(ABORT, 'a link follows the last one') WHERE {_FOLLOWS_NOTHING}; "
        f"SELECT RAISE(ABORT, 'a link ends at an entry') WHERE {_SEALS_NOTHING}; END",
        "CREATE TRIGGER chain_links_follow AFTER INSERT ON chain_links "
        "FOR EACH ROW EXECUTE FUNCTION qicai_chain_follows()",
    ),
)
