"""What a node of the tree may be called, and where it may move."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from app.errors import N_, NotFound, RuleBroken

CODE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,19}")
LONGEST_NAME = 60


class OrganisationUnknown(NotFound):
    """No organisation has this id or code."""

    message = N_("There is no organisation %(organisation)s.")


class BadCode(RuleBroken):
    """The code of an organisation is no code."""

    code = "bad_code"
    message = N_(
        "A code is a letter followed by up to 19 letters, digits or hyphens; “%(given)s” is not."
    )


class CodeTaken(RuleBroken):
    """Another organisation bears the code."""

    code = "code_taken"
    message = N_("The code %(given)s belongs to %(name)s already.")


class BadName(RuleBroken):
    """The name is empty, too long, or holds control characters."""

    code = "bad_name"
    message = N_("A name has 1 to %(most)s visible characters.")


class MovesBelowItself(RuleBroken):
    """The new parent is the organisation itself or lies below it."""

    code = "moves_below_itself"
    message = N_("%(name)s cannot be moved below itself.")


class LeavesItsRoot(RuleBroken):
    """The accounts of a root cannot follow a node into another tree."""

    code = "leaves_its_root"
    message = N_(
        "%(name)s keeps its accounts with %(root)s and can only be moved within that tree."
    )


class ReasonMissing(RuleBroken):
    """A reason is asked for."""

    code = "reason_missing"
    message = N_("Give the reason in a few words.")


def check_code(code: str) -> None:
    """Refuse what cannot be an organisation's code."""
    if not CODE.fullmatch(code):
        raise BadCode(given=code)


def check_name(name: str) -> None:
    """Refuse a name nobody could read."""
    if not (1 <= len(name) <= LONGEST_NAME and name.isprintable() and name.strip() == name):
        raise BadName(most=LONGEST_NAME)


def check_move(
    *, name: str, root: str, below: Collection[int], tree: Collection[int], parent_id: int
) -> None:
    """Refuse a new parent below the organisation itself or outside its tree."""
    if parent_id in below:
        raise MovesBelowItself(name=name)
    if parent_id not in tree:
        raise LeavesItsRoot(name=name, root=root)


def line_above(tree: Mapping[int, int | None], organisation_id: int) -> list[int]:
    """Return an organisation's line up to its root, itself first, in a tree of parents."""
    line = [organisation_id]
    while (parent_id := tree[line[-1]]) is not None:
        line.append(parent_id)
    return line
