"""Make, rename and move organisations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from app.organisations import rules
from app.organisations.models import Organisation
from app.organisations.operations.holding import check_in_service, lock_tree, note_organisation
from app.organisations.queries import (
    find_organisation,
    get_organisation,
    root_id_of,
    subtree_ids,
)


def create_organisation(
    session: Session,
    *,
    code: str,
    name: str,
    parent_id: int | None = None,
    actor_id: int | None,
    now: datetime,
) -> Organisation:
    """Make an organisation below a parent, or a root."""
    rules.check_code(code)
    rules.check_name(name)
    check_codes_free(session, [code])
    if parent_id is not None:
        check_in_service(session, parent_id)
    made = Organisation(code=code, name=name, parent_id=parent_id, created_at=now)
    session.add(made)
    session.flush()
    after = {"code": code, "name": name, "parent_id": parent_id}
    note_organisation(session, "create_organisation", made.id, actor_id, now, after=after)
    return made


def check_codes_free(session: Session, codes: Iterable[str]) -> None:
    """Refuse a code that another organisation bears."""
    for code in codes:
        taken = find_organisation(session, code)
        if taken is not None:
            raise rules.CodeTaken(given=code, name=taken.name)


def rename_organisation(
    session: Session, organisation_id: int, *, name: str, actor_id: int | None, now: datetime
) -> None:
    """Give an organisation another name."""
    rules.check_name(name)
    organisation = get_organisation(session, organisation_id)
    before = {"name": organisation.name}
    if organisation.name == name:
        return
    organisation.name = name
    session.flush()
    note_organisation(
        session, "rename_organisation", organisation_id, actor_id, now, before, {"name": name}
    )


def move_organisation(
    session: Session, organisation_id: int, *, parent_id: int, actor_id: int | None, now: datetime
) -> None:
    """Hang an organisation, with all below it, under another one of its tree."""
    lock_tree(session)
    organisation = get_organisation(session, organisation_id)
    check_in_service(session, parent_id)
    root = get_organisation(session, root_id_of(session, organisation_id))
    rules.check_move(
        name=organisation.name,
        root=root.name,
        below=subtree_ids(session, organisation_id),
        tree=subtree_ids(session, root.id),
        parent_id=parent_id,
    )
    before = {"parent_id": organisation.parent_id}
    if organisation.parent_id == parent_id:
        return
    organisation.parent_id = parent_id
    session.flush()
    after = {"parent_id": parent_id}
    note_organisation(session, "move_organisation", organisation_id, actor_id, now, before, after)
