"""Whose settings somebody reads or changes: whatever lies outside answers 404."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select

from app.db import db
from app.organisations.models import Organisation
from app.organisations.queries import (
    Node,
    WholeTree,
    find_organisation,
    forest,
    root_id_of,
)
from app.teams.rules import Actor
from app.web.policy import not_found


class Desk(NamedTuple):
    """An organisation, whether its settings are the actor's to change, and the others."""

    organisation: Organisation
    may_change: bool
    others: list[Node]


def first_code(actor: Actor) -> str:
    """Return the code of the topmost organisation somebody organises, or else audits."""
    nodes = forest(db.session(), actor.organises or actor.audits)
    return nodes[0].code if nodes else not_found()


def read_desk(actor: Actor, code: str) -> Desk:
    """Return an organisation somebody organises or audits."""
    found = find_organisation(db.session(), code)
    if found is None or found.id not in actor.organises | actor.audits:
        not_found()
    nodes = forest(db.session(), actor.organises | actor.audits)
    return Desk(found, found.id in actor.organises, nodes)


def own_desk(actor: Actor, code: str) -> Desk:
    """Return an organisation somebody organises."""
    desk = read_desk(actor, code)
    return desk if desk.may_change else not_found()


def own_root_desk(actor: Actor, code: str) -> Desk:
    """Return an organisation whose root, where colours are kept, somebody organises."""
    desk = read_desk(actor, code)
    root_id = root_id_of(db.session(), desk.organisation.id)
    return desk if root_id in actor.organises else not_found()


def tree_scope(actor: Actor) -> Collection[int]:
    """Return the organisations whose place in the tree somebody reads."""
    if actor.is_admin:
        return set(db.session.scalars(select(Organisation.id)))
    return (actor.organises | actor.audits) or not_found()


def tree_reach(actor: Actor) -> Collection[int]:
    """Return the organisations whose place in the tree somebody changes."""
    return tree_scope(actor) if actor.is_admin else actor.organises


def own_node(actor: Actor, code: str) -> Organisation:
    """Return an organisation whose place in the tree somebody changes."""
    found = find_organisation(db.session(), code)
    if found is None or found.id not in tree_reach(actor):
        not_found()
    return found


def own_open_node(actor: Actor, code: str) -> Organisation:
    """Return an organisation in service whose place in the tree somebody changes."""
    found = own_node(actor, code)
    return found if found.retired_on is None else not_found()


def parent_in_reach(actor: Actor, one: Organisation) -> bool:
    """Tell whether somebody may make organisations beside one; below it where it is a root."""
    return one.parent_id is None or one.parent_id in tree_reach(actor)


def open_targets(actor: Actor, one: Organisation, tree: WholeTree) -> set[int]:
    """Return the organisations of its tree one may go to, itself and those below it among them.

    Nobody comes by it to organise or audit what they did not (an administrator reaches the whole
    tree), and nobody above is left without it unless the actor reaches them, too.
    """
    return _gaining_nothing(actor, one, tree, set(tree_reach(actor)))


def _gaining_nothing(actor: Actor, one: Organisation, tree: WholeTree, reach: set[int]) -> set[int]:
    found = reach & tree.same_root(one.id)
    for held in (actor.organises, actor.audits):
        if one.id not in held:
            found -= held
    above = set(tree.above(one.id)) - reach
    return {each for each in found if above <= set(tree.above(each))}


def move_targets(actor: Actor, one: Organisation, tree: WholeTree) -> set[int]:
    """Return below or into which organisations one may go: in reach, in its tree, not below it."""
    return tree.in_service(open_targets(actor, one, tree) - tree.below(one.id))


def merge_targets(actor: Actor, gone: Organisation, tree: WholeTree) -> set[int]:
    """Return into which organisations one may be merged; a root keeps the accounts and stays."""
    return set() if gone.parent_id is None else move_targets(actor, gone, tree)


def home_targets(actor: Actor, one: Organisation, tree: WholeTree) -> set[int]:
    """Return to which other organisations an organiser may let people of one belong.

    By the same rule as whole organisations: reach over people is not to be had by moving them.
    """
    if one.id not in actor.organises:
        return set()
    found = _gaining_nothing(actor, one, tree, set(actor.organises))
    return tree.in_service(found - {one.id})
