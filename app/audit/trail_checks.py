"""The invariants of kept keys and of the trail (I-15, I-20)."""

from __future__ import annotations

from app.audit.checks import Check, Part
from app.audit.words import Words
from app.errors import N_


def trail_checks(words: Words) -> tuple[Check, ...]:
    """Return the checks on what must stand beside every effect."""
    return (_keys_kept(), _trail_kept(words))


def _keys_kept() -> Check:
    twice = """
        SELECT actor_id, key, count(*) AS found FROM operation_keys
        GROUP BY actor_id, key HAVING count(*) > 1
    """
    lost = """
        SELECT used.actor_id, used.idempotency_key FROM (
          SELECT DISTINCT actor_id, idempotency_key FROM entries WHERE idempotency_key IS NOT NULL
        ) used LEFT JOIN operation_keys k
          ON k.actor_id = used.actor_id AND k.key = used.idempotency_key
        WHERE k.key IS NULL
    """
    return Check(
        "I-15",
        N_("Every key an entry was posted under is kept, once, with its result"),
        "SELECT count(*) FROM operation_keys",
        (Part("key_twice", twice), Part("key_lost", lost)),
    )


def _trail_kept(words: Words) -> Check:
    batch = """
        SELECT b.id AS batch_id, b.actor_id FROM batches b
        WHERE NOT EXISTS (SELECT 1 FROM trail t WHERE t.batch_id = b.id)
    """
    # Who and when are one and the same argument for an effect and for its row of the trail.
    at = words.instant("done.at")
    decision = f"""
        SELECT done.actor_id, {at} AS at FROM (
          SELECT approver_id AS actor_id, decided_at AS at FROM service_records
          WHERE decided_at IS NOT NULL
          EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    posting = f"""
        SELECT done.actor_id, {at} AS at FROM (
          SELECT k.actor_id, k.at FROM operation_keys k JOIN (
            SELECT DISTINCT actor_id, idempotency_key FROM entries
            WHERE idempotency_key IS NOT NULL
          ) used ON used.actor_id = k.actor_id AND used.idempotency_key = k.key
          EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    archive = f"""
        SELECT done.actor_id, {at} AS at FROM (
          SELECT entered_by_id AS actor_id, entered_at AS at FROM trainings
          UNION SELECT withdrawn_by_id, withdrawn_at FROM trainings WHERE withdrawn_at IS NOT NULL
          UNION SELECT entered_by_id, entered_at FROM commendations
          UNION SELECT withdrawn_by_id, withdrawn_at FROM commendations
            WHERE withdrawn_at IS NOT NULL
          UNION SELECT entered_by_id, entered_at FROM complaints
          UNION SELECT withdrawn_by_id, withdrawn_at FROM complaints WHERE withdrawn_at IS NOT NULL
          UNION SELECT changed_by_id, changed_at FROM person_details
          EXCEPT SELECT actor_id, at FROM trail
        ) done
    """
    return Check(
        "I-20",
        N_("Every batch, decision and posting has its row in the trail"),
        "SELECT count(*) FROM trail",
        (
            Part("batch_without_trail", batch),
            Part("decision_without_trail", decision),
            Part("posting_without_trail", posting),
            Part("archive_without_trail", archive),
        ),
    )
