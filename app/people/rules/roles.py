"""Who grants which role to whom."""

from __future__ import annotations

from app.errors import N_, NotAllowed, RuleBroken

ROLES = ("organiser", "auditor", "admin")


class RoleUnknown(RuleBroken):
    code = "bad_role"
    message = N_("There is no role of this name.")


class OwnRole(NotAllowed):
    message = N_("Nobody grants or ends a role of their own; ask another administrator.")


class AdminNeeded(NotAllowed):
    message = N_("Only an administrator grants or ends this role.")


class LastAdmin(RuleBroken):
    code = "last_admin"
    message = N_("This is the last administrator; name another one first.")


class LastOrganiser(RuleBroken):
    code = "last_organiser"
    message = N_("This is the last organiser of %(organisation)s; name another one first.")


class RoleDatesUnfit(RuleBroken):
    code = "bad_date"
    message = N_("The last day of a role cannot lie in the past.")


def may_grant(*, role: str, granter_is_admin: bool, is_own_login: bool) -> None:
    """Refuse the granting or ending of a role by somebody who may not.

    An organiser makes leaders only, which is a matter of the teams.
    """
    if role not in ROLES:
        raise RoleUnknown
    if not granter_is_admin:
        raise AdminNeeded
    if is_own_login:
        raise OwnRole
