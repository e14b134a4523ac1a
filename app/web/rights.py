"""Who may what: the table of GUARANTEES §4, word for word, as data.

A scope is s self (and wards), t own team, o own organisation and below, a all; a 2 behind it
asks for a second person. The role decides here; the object's scope is each package's access.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

ANYONE = "anyone"
ROLES = ("volunteer", "leader", "organiser", "auditor", "admin")
SCOPES = ("s", "t", "o", "a", "o2")
# Whoever holds the machine's shell: commands that keep the instance, never a page.
SHELL = "shell"

_EVERYONE = dict.fromkeys((ANYONE, *ROLES), "a")
_SELF = dict.fromkeys(ROLES, "s")

RIGHTS: Mapping[str, Mapping[str, str]] = {
    # Pages before and around signing in; they show nobody's data.
    "public.read": _EVERYONE,
    "sign_in.use": _EVERYONE,
    "preferences.change": _EVERYONE,
    # Makes the first organisation of an empty instance; answers 404 ever after.
    "instance.start": {ANYONE: "a"},
    "instance.keep": {SHELL: "a"},
    # own profile, consent, sessions, own export
    "profile.read": _SELF,
    "profile.change": _SELF,
    # word to oneself: the inbox, and by which ways one wants to be told besides
    "notice.read": _SELF,
    "notice.change": _SELF,
    # volunteer card (name, masked phone)
    "volunteer.read": {
        "volunteer": "s",
        "leader": "t",
        "organiser": "o",
        "auditor": "o",
        "admin": "a",
    },
    "volunteer.create": {"organiser": "o"},
    "volunteer.change": {"organiser": "o"},
    # full phone, ID, guardian (with reason, logged)
    "volunteer_private.read": {"volunteer": "s", "organiser": "o"},
    # service record: enter, edit draft
    "service_record.claim": {"volunteer": "s"},
    "service_record.enter": {"leader": "t", "organiser": "o"},
    "service_record.change": {"volunteer": "s", "leader": "t", "organiser": "o"},
    # approve, reject
    "service_record.approve": {"leader": "t", "organiser": "o"},
    # the photo of a claim to whoever sees its record, that of an item to everybody
    "picture.read": _EVERYONE,
    # activities: what is announced, seen by everybody; planned and held by who runs the team;
    # signed up for oneself or a ward, or for members by their leader
    "activity.read": _EVERYONE,
    "activity.change": {"leader": "t", "organiser": "o"},
    "activity.sign_up": {"volunteer": "s", "leader": "t", "organiser": "o"},
    # by the link that a leader handed to somebody served; it works once
    "evaluation.give": _EVERYONE,
    # check-in: oneself or a ward by a code; the code, the list and the cards by who runs the team
    "check_in.self": {"volunteer": "s"},
    "check_in.run": {"leader": "t", "organiser": "o"},
    # undo, reverse
    "service_record.reverse": {"leader": "t", "organiser": "o"},
    # dispute: raise, reply, withdraw, pass on · read · list · answer
    "dispute.raise": {"volunteer": "s"},
    "dispute.read": {"volunteer": "s", "leader": "t", "organiser": "o", "auditor": "o"},
    "dispute.list": {"leader": "t", "organiser": "o", "auditor": "o"},
    "dispute.answer": {"leader": "t", "organiser": "o"},
    # 我已核对: confirm a year's own record; how many did (a figure, no names)
    "year_check.make": {"volunteer": "s"},
    "year_check.count": {"leader": "t", "organiser": "o", "auditor": "o"},
    # passbook, balance
    "passbook.read": {"volunteer": "s", "leader": "t", "organiser": "o", "auditor": "o"},
    # archive 志愿者档案: as the passbook, without leaders · enter, answer, withdraw · export of all
    "archive.read": {"volunteer": "s", "organiser": "o", "auditor": "o"},
    "archive.change": {"organiser": "o"},
    "archive.export": {"organiser": "o"},
    # a second factor reset for who lost phone and codes: as an activation code, not by leaders
    "second_factor.reset": {"organiser": "o", "admin": "a"},
    # ledger raw, chain, dump, audit
    "audit.read": {"organiser": "o", "auditor": "o", "admin": "a"},
    # the same, at once: it reads, and keeps what it found
    "audit.run": {"organiser": "o", "auditor": "o", "admin": "a"},
    # patterns worth a look, and the records behind them; leaders never about themselves
    "integrity.read": {"organiser": "o", "auditor": "o"},
    # adjustment
    "adjustment.make": {"organiser": "o2"},
    # the second person: another organiser, or an auditor; both see what was decided
    "adjustment.confirm": {"organiser": "o", "auditor": "o"},
    "adjustment.read": {"organiser": "o", "auditor": "o"},
    # shelf, stock
    "shelf.read": {ANYONE: "a", "volunteer": "a", "leader": "a", "organiser": "o", "auditor": "o"},
    "shelf.change": {"organiser": "o"},
    # the same as their keepers see them: who moved what and why, partners and whom to ask there
    "stock.read": {"organiser": "o", "auditor": "o"},
    # the figures over all of it, month by month
    "report.read": {"organiser": "o", "auditor": "o"},
    # a question kept under a name, for those who organise or audit the same
    "report.save": {"organiser": "o"},
    # redeem, cancel before hand-over
    "redemption.make": {"volunteer": "s", "leader": "t", "organiser": "o"},
    # hand over at the desk
    "redemption.hand_over": {"leader": "t", "organiser": "o"},
    # transfer, gift
    "transfer.make": {"volunteer": "s"},
    "grant.make": {"organiser": "o"},
    # import: preview, commit
    "import.preview": {"leader": "t", "organiser": "o"},
    "import.commit": {"leader": "t", "organiser": "o"},
    # ranking: public result
    "ranking.read": _EVERYONE,
    # ranking: preview, what-if
    "ranking.preview": {"leader": "t", "organiser": "o", "auditor": "o"},
    # the own place in the preview, which names nobody else: own figures, as in the passbook
    "ranking.place": {"volunteer": "s", "leader": "t", "organiser": "o", "auditor": "o"},
    # scheme, freeze, final
    "scheme.read": {"organiser": "o", "auditor": "o"},
    "scheme.decide": {"organiser": "o2"},
    # the second person, who confirms or refuses (SPEC §5)
    "scheme.confirm": {"organiser": "o", "auditor": "o"},
    # objections to a notice: raise for oneself or a ward · read · answer
    "objection.raise": {"volunteer": "s"},
    "objection.read": {"volunteer": "s", "organiser": "o", "auditor": "o"},
    "objection.answer": {"organiser": "o"},
    # certificate: issue own record · award, revoke
    "certificate.issue": {"volunteer": "s", "organiser": "o"},
    "certificate.award": {"organiser": "o"},
    "certificate.read": {"organiser": "o", "auditor": "o"},
    # verify page
    "certificate.verify": _EVERYONE,
    # team members
    "team_member.ask": {"volunteer": "s"},
    "team_member.read": {"leader": "t", "organiser": "o", "auditor": "o"},
    "team_member.change": {"leader": "t", "organiser": "o"},
    # activation code
    "activation_code.issue": {"leader": "t", "organiser": "o", "admin": "a"},
    # ask to join (public); answer it: take in, match, refuse
    "join_request.make": _EVERYONE,
    "join_request.answer": {"leader": "t", "organiser": "o"},
    # grant leader · organiser, auditor
    "role.grant_leader": {"organiser": "o", "admin": "a"},
    "role.grant": {"admin": "a"},
    # who may do what: the same people's cards, by their roles
    "role.read": {"organiser": "o", "auditor": "o", "admin": "a"},
    # organisation tree, settings, rule versions
    "organisation.read": {"organiser": "o", "auditor": "o", "admin": "a"},
    "organisation.change": {"organiser": "o", "admin": "a"},
    "setting.read": {"organiser": "o", "auditor": "o"},
    "setting.change": {"organiser": "o"},
    "team.read": {"organiser": "o", "auditor": "o", "admin": "a"},
    "team.change": {"organiser": "o"},
    # trail
    # the trail's looks at personal data, and the yearly report on minors: lists with names
    "access_log.read": {"organiser": "o", "auditor": "o"},
    "minors.read": {"organiser": "o", "auditor": "o"},
    # what is kept and for how long says nothing of anybody; who asked to be erased does
    "keeping.read": {"organiser": "a", "auditor": "a", "admin": "a"},
    "erasure.read": {"organiser": "o", "auditor": "o"},
    "volunteer.erase": {"organiser": "o"},
    "trail.read": {"volunteer": "s", "organiser": "o", "auditor": "o", "admin": "a"},
}


def is_granted(right: str, roles: Collection[str]) -> bool:
    """Say whether somebody with these roles (none: a visitor) may try this at all."""
    holders = RIGHTS[right]
    return ANYONE in holders or any(role in holders for role in roles)


def scopes_of(right: str, roles: Collection[str]) -> frozenset[str]:
    """Return the scopes a right gives these roles: a set of s, t, o, a."""
    return frozenset(RIGHTS[right][role][0] for role in roles if role in RIGHTS[right])
