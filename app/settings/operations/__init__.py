"""Merge, split, move and retire organisations, and let people belong to another one.

They stand here because they reach down into everything: the tree, teams, people, the kept sums
of service, and the rankings that may be under notice meanwhile.
"""

from app.settings.operations.merging import merge_organisations
from app.settings.operations.moving import move_node, move_people
from app.settings.operations.retiring import reopen_organisation, retire_organisation
from app.settings.operations.splitting import Part, split_organisation

__all__ = [
    "Part",
    "merge_organisations",
    "move_node",
    "move_people",
    "reopen_organisation",
    "retire_organisation",
    "split_organisation",
]
