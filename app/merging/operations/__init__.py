"""Joining two people who are one."""

from app.merging.operations.joining import FIELDS, Joined, merge_people, seen_of
from app.merging.operations.planning import Plan, plan_merge

__all__ = ["FIELDS", "Joined", "Plan", "merge_people", "plan_merge", "seen_of"]
