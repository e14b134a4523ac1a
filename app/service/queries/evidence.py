"""By what service is known, as pages tell it: a sign-in on paper is another than one by code."""

from __future__ import annotations

# As a page puts them side by side. Kept are four; what `signed_in` rests on is read: a sheet
# that was imported belongs to no activity, and a check-in says which code it was made by.
SHOWN_EVIDENCE = (
    "signed_in", "signed_in_weak", "signed_in_paper", "entered", "claimed", "imported",
)  # fmt: skip
SIGNED_IN = ("signed_in", "signed_in_weak", "signed_in_paper")


def evidence_shown(record: str = "service_records") -> str:
    """Return the SQL of what pages tell of a record's evidence; `record` is its table's name."""
    return f"""CASE WHEN {record}.evidence <> 'signed_in' THEN {record}.evidence
  WHEN {record}.activity_id IS NULL THEN 'signed_in_paper'
  WHEN EXISTS (SELECT 1 FROM check_ins k WHERE k.activity_id = {record}.activity_id
    AND k.volunteer_id = {record}.volunteer_id AND (k.in_by = 'paper_code'
    OR k.out_by = 'paper_code')) THEN 'signed_in_weak'
  ELSE 'signed_in' END"""
