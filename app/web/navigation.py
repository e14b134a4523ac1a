"""The ways through the site by role; only pages that exist and are open to the person."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from flask import current_app, request
from flask_babel import gettext
from werkzeug.exceptions import HTTPException

from app.errors import N_
from app.web.edge import edge
from app.web.policy import right_of
from app.web.rights import is_granted

if TYPE_CHECKING:
    from app.teams.rules import Actor


class Way(NamedTuple):
    """One entry as written here: a path of ours, a msgid, an icon."""

    path: str
    label: str
    icon: str
    post: bool = False


@dataclass(frozen=True)
class Item:
    """One entry as base.html draws it."""

    url: str
    label: str
    icon: str
    current: bool = False
    badge: int | None = None
    post: bool = False


@dataclass(frozen=True)
class Group:
    """A heading of the side bar with its entries."""

    heading: str | None
    items: list[Item]


@dataclass(frozen=True)
class Nav:
    """Everything base.html needs to draw the bars."""

    kind: str
    home_url: str
    top: list[Item] = field(default_factory=list)
    tabs: list[Item] = field(default_factory=list)
    side: list[Group] = field(default_factory=list)
    account: list[Item] = field(default_factory=list)
    bell: Item | None = None


Badges = Mapping[str, int]

HOME = Way("/", N_("Home"), "home")
MINE = Way("/me", N_("Home"), "home")
LEDGER = Way("/me/ledger", N_("Ledger"), "list")
ACTIVITIES = Way("/activities", N_("Service days"), "calendar")
REWARDS = Way("/rewards", N_("Rewards"), "gift")
TEAM_PLANS = Way("/activities/desk", N_("Plans of the teams"), "document")
LOG = Way("/log", N_("Log hours"), "pencil")
WAITING = Way("/waiting", N_("To review"), "check")
JOINING = Way("/joining", N_("Requests"), "user-add")
DISPUTES = Way("/disputes", N_("Disputes"), "question")
ADJUSTMENTS = Way("/adjustments", N_("Adjustments"), "pencil")
MEMBERS = Way("/teams", N_("Members"), "users")
STARS = Way("/stars", N_("Stars"), "star")
AWARDS = Way("/awards", N_("Choosing volunteer pioneers"), "flag")
RANKING = Way("/ranking", N_("Ranking"), "trophy")
# What everybody may read of a year; whoever has a place of their own comes to it from there.
PIONEERS = RANKING._replace(path="/pioneers")
ACCOUNT = Way("/me/account", N_("My account"), "user")
PEOPLE = Way("/admin/people", N_("Volunteers"), "users")
IMPORT = Way("/import", N_("Import"), "upload")
TEAMS = Way("/admin/teams", N_("Teams"), "sitemap")
INTEGRITY = Way("/integrity", N_("Records check"), "search")
DATA_ACCESS = Way("/admin/access", N_("Who looked at data"), "search")
MINORS = Way("/reports/minors", N_("Data of minors"), "user")
ERASURES = Way("/admin/erasures", N_("Erasures"), "minus")
KEPT = Way("/admin/kept", N_("What is kept"), "info")
REPORTS = Way("/reports", N_("Reports"), "chart")
TRAIL = Way("/admin/trail", N_("What was done"), "clock")
AUDIT = Way("/admin/audit", N_("Audit of the books"), "check")
CERTIFICATES = Way("/certificates", N_("Certificates"), "document")
SIGN_IN = Way("/sign-in", N_("Sign in"), "user")
SIGN_OUT = Way("/sign-out", N_("Sign out"), "signout", post=True)
OVERVIEW = Way("/desk", N_("Overview"), "chart")
SHELF_KEEPING = Way("/shelf", N_("Shelf and stock"), "gift")
PICK_UP = Way("/pick-up", N_("Pick-up desk"), "box")
POINTS = Way("/admin/points", N_("Points rules"), "star")
SETTINGS = Way("/admin/settings", N_("Settings"), "settings")
TREE = Way("/admin/organisations", N_("Organisations"), "sitemap")
MORE = Way("/more", N_("Menu"), "more")
NOTICES = Way("/me/notices", N_("Notices"), "bell")
HELP = Way("/help", N_("Help"), "question")
MY_PAGE = Way("/me", N_("My hours"), "heart")
# A fifth of a small phone is the room a tab has.
ACTIVITIES_TAB = ACTIVITIES._replace(label=N_("Schedule"))
LOG_TAB = LOG._replace(label=N_("Log"))
PEOPLE_TAB = PEOPLE._replace(label=N_("People"))
REWARDS_TAB = REWARDS._replace(label=N_("Redeem"))
ACCOUNT_TAB = ACCOUNT._replace(label=N_("Me"))

# Pages that no way of their own leads to on a phone.
BEHIND = {
    "/adjustments": WAITING.path,
    "/admin/roles": PEOPLE.path,
    "/awards": MORE.path,
    "/activities": MEMBERS.path,
    "/counter": PICK_UP.path,
    "/disputes": WAITING.path,
    "/joining": WAITING.path,
    "/files": ACCOUNT.path,
    "/me/acting": ACCOUNT.path,
    "/me/activities": ACTIVITIES.path,
    "/me/archive": ACCOUNT.path,
    "/me/calendar": ACTIVITIES.path,
    "/me/certificates": ACCOUNT.path,
    "/me/checked": LEDGER.path,
    "/me/claims": LEDGER.path,
    "/me/access": ACCOUNT.path,
    "/me/consent": ACCOUNT.path,
    "/me/data": ACCOUNT.path,
    "/me/erasure": ACCOUNT.path,
    "/me/evaluations": ACCOUNT.path,
    "/me/notices": ACCOUNT.path,
    "/me/objections": RANKING.path,
    "/me/pause": ACCOUNT.path,
    "/me/second-factor": ACCOUNT.path,
    "/me/teams": ACCOUNT.path,
    "/me/trail": ACCOUNT.path,
    "/me/volunteer": ACCOUNT.path,
    "/partners": SHELF_KEEPING.path,
    "/objections": RANKING.path,
    "/pick-up": MEMBERS.path,
    "/pioneers": RANKING.path,
    "/projects": MEMBERS.path,
    "/ranking": ACCOUNT.path,
    "/redemption-days": SHELF_KEEPING.path,
    "/rewards": MINE.path,
    "/stock": SHELF_KEEPING.path,
}

TOP = {
    "visitor": (HOME, ACTIVITIES, REWARDS_TAB, PIONEERS),
    "volunteer": (MINE, LEDGER, ACTIVITIES, REWARDS_TAB, RANKING),
    # Requests stand behind what waits: eight words are more than a small desk holds.
    "leader": (MINE, LEDGER, ACTIVITIES, LOG, WAITING, MEMBERS, RANKING),
}
TABS = {
    "visitor": (HOME, ACTIVITIES_TAB, PIONEERS, SIGN_IN),
    # The ranking stands on the own page and behind the account.
    "volunteer": (MINE, LEDGER, ACTIVITIES_TAB, REWARDS_TAB, ACCOUNT_TAB),
    "leader": (MINE, LOG_TAB, WAITING, MEMBERS, ACCOUNT_TAB),
    "organiser": (OVERVIEW, LOG_TAB, WAITING, PEOPLE_TAB, MORE),
}
SIDE: Sequence[tuple[str | None, Sequence[Way]]] = (
    (None, (OVERVIEW,)),
    (N_("Day to day"), (ACTIVITIES, TEAM_PLANS, LOG, WAITING, JOINING, DISPUTES, ADJUSTMENTS)),
    (N_("Redemption"), (SHELF_KEEPING, PICK_UP)),
    (N_("Year"), (AWARDS, RANKING, CERTIFICATES, STARS)),
    (N_("Data"), (PEOPLE, IMPORT, TEAMS, INTEGRITY, AUDIT, REPORTS, TRAIL)),
    (N_("Privacy"), (DATA_ACCESS, MINORS, ERASURES, KEPT)),
    (N_("Settings"), (POINTS, SETTINGS, TREE)),
    (N_("My own"), (MY_PAGE, LEDGER, REWARDS)),
)
# Matching addresses costs more than drawing the bars, so each app does it once.
EXTENSION = "qicai_ways"
ROLE_LABELS = {
    "organiser": N_("Organiser"),
    "auditor": N_("Auditor"),
    "admin": N_("Administrator"),
    "leader": N_("Team leader"),
    "volunteer": N_("Volunteer"),
}


def navigation(actor: Actor | None) -> Nav:
    """Return the bars for a person, or for a visitor."""
    roles = actor.roles if actor else frozenset[str]()
    kind = kind_of(roles)
    account = (ACCOUNT, HELP, SIGN_OUT) if actor else (SIGN_IN,)
    is_desk = kind == "organiser"
    badges = _badges(actor, roles)
    # What is one's own is there while a role sleeps, too.
    own = {*roles, *(actor.asleep if actor else ())}
    return Nav(
        kind=kind,
        home_url=f"{request.script_root}/",
        top=[] if is_desk else _items(TOP[kind], roles, _of_tabs(badges)),
        tabs=_items(TABS[kind], roles, _of_tabs(badges)),
        side=_groups(roles, badges) if is_desk else [],
        account=_items(account, own, badges),
        # A visitor has none.
        bell=next(iter(_items([NOTICES] if actor else [], own, badges)), None),
    )


def _badges(actor: Actor | None, roles: Collection[str]) -> Badges:
    """Return what is counted beside an entry: how much waits for this person, or is unread."""
    if actor is None or not (_is_open(WAITING, roles) or _is_open(NOTICES, roles)):
        return {}
    counts = edge().count_for(actor)
    return {
        WAITING.path: counts.hours,
        JOINING.path: counts.questions,
        DISPUTES.path: counts.disputes,
        NOTICES.path: counts.unread,
    }


def _of_tabs(badges: Badges) -> Badges:
    """Return the badges where there is no room for a tab of requests: one list leads to both."""
    waiting = sum(badges.get(way.path, 0) for way in (WAITING, JOINING, DISPUTES))
    return {**badges, WAITING.path: waiting}


def kind_of(roles: Collection[str]) -> str:
    """Return which bars suit somebody with these roles."""
    if not {"organiser", "auditor", "admin"}.isdisjoint(roles):
        return "organiser"
    if "leader" in roles:
        return "leader"
    return "volunteer" if "volunteer" in roles else "visitor"


def role_label(roles: Collection[str]) -> str:
    """Return the most telling of somebody's roles in the reader's language."""
    for role, label in ROLE_LABELS.items():
        if role in roles:
            return str(gettext(label))
    return ""


def _groups(roles: Collection[str], badges: Badges) -> list[Group]:
    # Whoever only keeps the books has no hours of their own to be led to.
    sides = SIDE if "volunteer" in roles else SIDE[:-1]
    opened = [(heading, _open(ways, roles)) for heading, ways in sides]
    # One way of the whole bar leads here, in whichever group it stands.
    current = _current({way.path for _heading, ways in opened for way in ways})
    return [
        Group(gettext(heading) if heading else None, _drawn(ways, badges, current))
        for heading, ways in opened
        if ways
    ]


def _items(ways: Iterable[Way], roles: Collection[str], badges: Badges) -> list[Item]:
    open_ways = _open(ways, roles)
    return _drawn(open_ways, badges, _current({way.path for way in open_ways}))


def _open(ways: Iterable[Way], roles: Collection[str]) -> list[Way]:
    return [way for way in ways if _is_open(way, roles)]


def _drawn(ways: Iterable[Way], badges: Badges, current: str | None) -> list[Item]:
    return [
        Item(
            url=request.script_root + way.path,
            label=gettext(way.label),
            icon=way.icon,
            current=way.path == current,
            badge=badges.get(way.path) or None,
            post=way.post,
        )
        for way in ways
    ]


def _is_open(way: Way, roles: Collection[str]) -> bool:
    """Say whether the page exists and its right is granted."""
    rights: dict[Way, str | None] = current_app.extensions.setdefault(EXTENSION, {})
    if way not in rights:
        rights[way] = _right_of_way(way)
    right = rights[way]
    return right is not None and is_granted(right, roles)


def is_open_to(path: str, roles: Collection[str]) -> bool:
    """Say whether a page of ours exists and somebody with these roles may open it."""
    return _is_open(Way(path, "", ""), roles)


def _right_of_way(way: Way) -> str | None:
    adapter = current_app.url_map.bind("localhost")
    try:
        endpoint, _ = adapter.match(way.path, method="POST" if way.post else "GET")
    except HTTPException:
        return None
    return right_of(current_app.view_functions[endpoint])


def _current(paths: Collection[str]) -> str | None:
    """Return the way that leads to this page, or behind which it stands."""
    here = request.path
    behind = [way for page, way in BEHIND.items() if _leads(page, here) and page not in paths]
    # What stands behind something that has no way here itself stands behind that one's.
    behind += [BEHIND[way] for way in behind[:1] if way in BEHIND]
    if found := next((way for way in behind if way in paths), None):
        return found
    return max((path for path in paths if _leads(path, here)), key=len, default=None)


def _leads(path: str, here: str) -> bool:
    return here == path or (path != "/" and here.startswith(f"{path}/"))
