"""A small bank: volunteers with points, a shelf, leaders and organisers, all with passwords."""

from __future__ import annotations

import random
import re
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import text

from app.audit.reading import open_reading
from app.audit.report import audit
from app.clock import now
from app.db import db, transaction
from app.people.models import Login
from app.people.rules.passwords import HashCost, hash_password
from tests.postgres import connect
from tests.rewards.shelving import PRICE, give_points, shelf_community, stocked
from tests.service.community import NOW, Community
from tests.torture.people import Browser, form_in, with_values

PASSWORD = "lamp-and-tea"
GIVEN = 40 * PRICE
PIECES = 2000
# Who has points and redeems; the fifth is an organiser, who gives them.
PLACES = (0, 1, 2, 3, 5, 6, 7, 8)
# Members, whose tickets their leader hands over or takes back at the desk.
SERVED_AT_THE_DESK = (2, 3)
# The ledger's own arithmetic, as one statement sees it: what is said must be true at every read.
SUMS = (
    "SELECT a.unit, coalesce(sum(p.amount), 0) FROM accounts a "
    "LEFT JOIN postings p ON p.account_id = a.id GROUP BY a.unit"
)
UNEVEN = (
    "SELECT count(*) FROM (SELECT a.id FROM accounts a LEFT JOIN postings p ON p.account_id = a.id "
    "WHERE a.holder_id IS NOT NULL GROUP BY a.id, a.balance "
    "HAVING a.balance <> coalesce(sum(p.amount), 0)) uneven"
)
ADRIFT = (
    "SELECT (SELECT count(*) FROM redemptions WHERE entry_id NOT IN (SELECT id FROM entries)) + "
    "(SELECT count(*) FROM shelf_items WHERE available < 0)"
)


@dataclass
class Bank:
    """The community, its one item, and what was answered to whom."""

    url: str
    community: Community
    item_id: int
    accounts: list[str]
    redeemed: dict[int, set[str]] = field(default_factory=dict)
    cancelled: dict[int, set[str]] = field(default_factory=dict)
    collected: dict[int, set[str]] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    browsers: list[Browser] = field(default_factory=list)

    def browser(self, server: str, account: str) -> Browser:
        made = Browser(server)
        self.browsers.append(made)
        made.sign_in(account, PASSWORD)
        return made

    @property
    def met(self) -> Counter[str]:
        return sum((each.met for each in self.browsers), Counter())

    @property
    def answers(self) -> int:
        """How often somebody was answered."""
        return sum(each.answered for each in self.browsers)

    @property
    def worst_seconds(self) -> float:
        return max((each.worst_seconds for each in self.browsers), default=0.0)


def open_bank(url: str) -> Bank:
    """Found the bank inside the pushed app's database."""
    community = shelf_community(db.session(), people=9)
    item_id = stocked(community, pieces=PIECES)
    for place in PLACES:
        give_points(community, place, GIVEN)
    bank = Bank(url, community, item_id, _let_sign_in(community))
    db.session.remove()
    return bank


def _let_sign_in(community: Community) -> list[str]:
    """Give everybody a login with a password; return the volunteers' numbers."""
    secret = hash_password(PASSWORD, HashCost(8, 1))
    names = []
    with transaction() as session:
        for place, volunteer_id in enumerate(community.volunteers):
            login = session.query(Login).filter_by(volunteer_id=volunteer_id).one_or_none()
            if login is None:
                login = Login(
                    name=f"TX.person{place}",
                    display_name=f"person{place}",
                    volunteer_id=volunteer_id,
                    created_at=NOW,
                )
                session.add(login)
            names.append(f"TX{place + 1:05}")
        session.flush()
        session.execute(text("UPDATE logins SET password_hash = :secret"), {"secret": secret})
    return names


# ── what people do ────────────────────────────────────────────────────────────────────────


def redeem(bank: Bank, place: int, browser: Browser) -> str | None:
    """Redeem one piece; return the address of the ticket, None when refused."""
    path = f"/rewards/{bank.item_id}/redeem"
    answer = browser.send(path, browser.form(path))
    if answer.status != 303:
        assert answer.status == 422, (answer.status, answer.text[-800:])
        return None
    bank.redeemed.setdefault(place, set()).add(answer.location)
    return answer.location


def cancel(bank: Bank, place: int, browser: Browser, ticket: str) -> None:
    """Give it back."""
    answer = browser.send(f"{ticket}/cancel", browser.form(f"{ticket}/cancel"))
    assert answer.status == 303, (answer.status, answer.text[-800:])
    bank.cancelled.setdefault(place, set()).add(ticket)


def at_the_desk(bank: Bank, place: int, desk: Browser, ticket: str, *, is_given: bool) -> None:
    """Hand a piece over by its ticket, or take it back with a reason."""
    path = ticket.replace("/rewards/mine/", "/pick-up/") + ("" if is_given else "/cancel")
    answer = desk.send(
        path, with_values(desk.form(path), **({} if is_given else {"reason": "破了"}))
    )
    assert answer.status == 303, (answer.status, answer.text[-800:])
    ended = bank.collected if is_given else bank.cancelled
    ended.setdefault(place, set()).add(ticket)


def undo_day(bank: Bank, browser: Browser, batch: str, on: date) -> None:
    """Take a day back that was just recorded."""
    answer = browser.send(f"{batch}/undo", browser.form(f"{batch}/undo"))
    assert answer.status == 303, (answer.status, answer.text[-800:])
    bank.undone.append(str(on))


def approve_waiting(browser: Browser) -> None:
    """Approve everything that waits for a second person."""
    page = browser.get("/waiting").text
    waits = re.findall(r'name="record"[^>]*value="([0-9]+)"', page)
    assert waits, page[-2000:]
    fields = [*with_values(form_in(page), do="approve"), *(("record", each) for each in waits)]
    answer = browser.send("/waiting", fields)
    assert answer.status == 303, (answer.status, answer.text[-800:])


def log_day(bank: Bank, browser: Browser, on: date, place: int = 3) -> str:
    """Record two hours of one volunteer on a day that has none yet; return where it stands."""
    path = f"/log/TX-red?on={on}"
    fields = with_values(
        browser.form(path),
        service_on=str(on),
        hours="2",
        content="清扫",
        present=str(bank.community.volunteers[place]),
        do="record",
    )
    answer = browser.send("/log/TX-red", fields)
    assert answer.status == 303, (answer.status, answer.text[-800:])
    bank.days.append(str(on))
    return answer.location


def write(bank: Bank, place: int, server: str, rounds: int, chance: random.Random) -> None:
    """Redeem, and give every other one back; what some redeem the leader hands over, or not."""
    browser = bank.browser(server, bank.accounts[place])
    desk = bank.browser(server, bank.accounts[0]) if place in SERVED_AT_THE_DESK else None
    for _round in range(rounds):
        ticket = redeem(bank, place, browser)
        if ticket is None:
            continue
        if desk:
            at_the_desk(bank, place, desk, ticket, is_given=chance.random() < 0.5)
        elif chance.random() < 0.5:
            cancel(bank, place, browser, ticket)


def record(bank: Bank, server: str, first: int, rounds: int) -> None:
    """Log days, one after another: one is taken back, one's own a co-leader has to approve."""
    browser, other = (bank.browser(server, bank.accounts[place]) for place in (0, 1))
    for day in range(first, first + rounds):
        on = now().date() - timedelta(days=1 + day)
        batch = log_day(bank, browser, on, 0 if day % 2 else 3)
        if day % 2:
            approve_waiting(other)
        else:
            undo_day(bank, browser, batch, on)


# ── who looks on ──────────────────────────────────────────────────────────────────────────


def read_sums(url: str) -> None:
    """Look at the books once, in one snapshot: each unit sums to nothing, balances are postings."""
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)) as file:
            file.isolation_level = None
            file.execute("BEGIN")
            _check_sums(lambda query: file.execute(query).fetchall())
            file.execute("ROLLBACK")
        return
    with connect(url) as server, server.transaction():
        server.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        _check_sums(lambda query: server.execute(query).fetchall())


def _check_sums(ask: Callable[[str], list[Any]]) -> None:
    assert {int(total) for _unit, total in ask(SUMS)} <= {0}
    assert ask(UNEVEN) == [(0,)]
    assert ask(ADRIFT) == [(0,)]


def read_passbook(bank: Bank, browser: Browser) -> None:
    """Read the paper of a ledger: each balance follows from the line above it."""
    page = browser.get("/me/ledger?print=1").text
    held, lines = 0, lines_of(page)
    assert lines
    for change, after in lines:
        held += change
        assert held == after, page[-3000:]


_CELL = re.compile(r'<td[^>]*data-l="(Points|Points balance)"[^>]*>(.*?)</td>', re.S)


def lines_of(page: str) -> list[tuple[int, int]]:
    """Return change and balance of each line, in hundredths; a line of sums has no balance."""
    cells = _CELL.findall(page)
    return [
        (_hundredths(change), _hundredths(after))
        for (_label, change), (label, after) in pairwise(cells)
        if label == "Points balance"
    ]


def _hundredths(words: str) -> int:
    plain = re.sub(r"<[^>]+>|[,\s+]", "", words).replace("−", "-")
    return round(float(plain) * 100) if re.search(r"\d", plain) else 0


# ── all at the same time ──────────────────────────────────────────────────────────────────


class Together:
    """Threads that each do one thing; what went wrong in any is raised at the end."""

    def __init__(self) -> None:
        self.wrong: list[BaseException] = []
        self.threads: list[threading.Thread] = []
        self.is_over = threading.Event()
        self.looks = 0

    def do(self, act: Callable[..., Any], *given: Any) -> None:
        def run() -> None:
            try:
                act(*given)
            except BaseException as error:
                self.wrong.append(error)

        self.threads.append(threading.Thread(target=run))
        self.threads[-1].start()

    def look(self, act: Callable[..., Any], *given: Any) -> threading.Thread:
        """Do something over and over until the others have ended."""

        def run() -> None:
            try:
                while not self.is_over.is_set():
                    act(*given)
                    self.looks += 1
                    time.sleep(0.02)
            except BaseException as error:
                self.wrong.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        return thread

    def join(self, *lookers: threading.Thread) -> None:
        for thread in self.threads:
            thread.join()
        self.is_over.set()
        for thread in lookers:
            thread.join()
        if self.wrong:
            raise self.wrong[0]


# ── afterwards ────────────────────────────────────────────────────────────────────────────


def check(bank: Bank) -> str:
    """Hold what stands against what was answered; return the audit's digest."""
    broken = [one for each in bank.browsers for one in each.broken]
    assert not broken, broken
    for place in PLACES:
        volunteer_id = bank.community.volunteers[place]
        made, back = bank.redeemed.get(place, set()), bank.cancelled.get(place, set())
        stand = rows(
            "SELECT id, state FROM redemptions WHERE volunteer_id = :who", who=volunteer_id
        )
        assert {f"/rewards/mine/{each.id}" for each in stand} == made
        gone = {f"/rewards/mine/{each.id}" for each in stand if each.state == "cancelled"}
        assert gone == back
        given = {f"/rewards/mine/{each.id}" for each in stand if each.state == "collected"}
        assert given == bank.collected.get(place, set())
        held = rows(
            "SELECT balance FROM accounts WHERE holder_id = :who AND unit = 'points'",
            who=volunteer_id,
        )[0].balance
        earned = rows(
            "SELECT coalesce(sum(points_hundredths), 0) AS points FROM service_records "
            "WHERE volunteer_id = :who AND state = 'approved'",
            who=volunteer_id,
        )[0].points
        assert held == GIVEN - PRICE * (len(made) - len(back)) + earned
    logged = rows("SELECT service_on FROM service_records")
    assert sorted(str(each.service_on) for each in logged) == sorted(bank.days)
    taken_back = rows("SELECT service_on FROM service_records WHERE state = 'reversed'")
    assert sorted(str(each.service_on) for each in taken_back) == sorted(bank.undone)
    assert rows("SELECT count(*) AS n FROM service_records WHERE state = 'submitted'")[0].n == 0
    stock = rows("SELECT available FROM shelf_items WHERE id = :id", id=bank.item_id)
    sold = sum(map(len, bank.redeemed.values())) - sum(map(len, bank.cancelled.values()))
    assert stock[0].available == PIECES - sold
    return audited(bank.url)


def audited(url: str) -> str:
    """Audit everything; return the digest of a clean community."""
    read_sums(url)
    with open_reading(url) as reading:
        report = audit(reading)
    assert report.is_clean, [one for one in report.as_json()["checks"] if one.get("violations")]
    return str(report.digest)


def rows(query: str, **values: Any) -> list[Any]:
    db.session.rollback()
    found = list(db.session.execute(text(query), values))
    db.session.remove()
    return found
