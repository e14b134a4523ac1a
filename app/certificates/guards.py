"""Certificates, keys and revocations are only added to; numbers follow each other without a gap,
and an award has one certificate that holds.
"""

from __future__ import annotations

from app.guards import Guard, refuse_change, refuse_replace

_OUT_OF_TURN = (
    "NEW.sequence <> 1 + (SELECT coalesce(max(c.sequence), 0) FROM certificates c "
    "WHERE c.organisation_id = NEW.organisation_id AND c.year = NEW.year)"
)
_TWICE = (
    "EXISTS (SELECT 1 FROM certificates c WHERE c.award_id = NEW.award_id AND NOT EXISTS "
    "(SELECT 1 FROM certificate_revocations r WHERE r.certificate_id = c.id))"
)
_STILL_HOLDS = (
    "NEW.replaces_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM certificate_revocations r "
    "WHERE r.certificate_id = NEW.replaces_id AND r.category = 'replaced')"
)
_RULES = (
    ("numbers", _OUT_OF_TURN, "the numbers of certificates have no gap"),
    ("award", _TWICE, "an award has one certificate that holds"),
    ("replaces", _STILL_HOLDS, "what is replaced was revoked as such"),
)


def _guard(name: str, broken: str, sentence: str) -> Guard:
    trigger = f"CREATE TRIGGER certificates_{name} BEFORE INSERT ON certificates "
    return Guard(
        f"certificates_{name}",
        "certificates",
        f"{trigger}WHEN {broken} BEGIN SELECT RAISE(ABORT, '{sentence}'); END",
        f"{trigger}FOR EACH ROW EXECUTE FUNCTION qicai_certificates_{name}()",
    )


FUNCTIONS = tuple(
    f"""
CREATE OR REPLACE FUNCTION qicai_certificates_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF {broken} THEN
    RAISE EXCEPTION '{sentence}' USING ERRCODE = '23514';
  END IF;
  RETURN NEW;
END $$
"""
    for name, broken, sentence in _RULES
)
GUARDS: tuple[Guard, ...] = (
    *refuse_change("signing_keys"),
    refuse_replace("signing_keys", "o.id = NEW.id", "o.key_id = NEW.key_id"),
    *refuse_change("certificates"),
    refuse_replace(
        "certificates",
        "o.id = NEW.id",
        "o.number = NEW.number",
        "o.verify_code = NEW.verify_code",
        "o.organisation_id = NEW.organisation_id AND o.year = NEW.year "
        "AND o.sequence = NEW.sequence",
        "o.award_id = NEW.award_id AND o.edition = NEW.edition",
        "o.replaces_id = NEW.replaces_id",
    ),
    *(_guard(*rule) for rule in _RULES),
    *refuse_change("certificate_revocations"),
    refuse_replace(
        "certificate_revocations", "o.id = NEW.id", "o.certificate_id = NEW.certificate_id"
    ),
)
