"""django-hordak's half of a pair: run by the Python of its own environment, told in JSON.

`python hordak_side.py POSTGRESQL_URL`. What is measured stands here for both halves.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, Protocol

TIMES = 200
BATCH = 200
BATCHES = 10
HISTORY = 10_000
PEOPLE = 50


class Books(Protocol):
    """A ledger: ours or theirs."""

    def post(self, numbers: Sequence[int], legs: int) -> None:
        """Post an entry to each of these people in one commit."""

    def balance(self, number: int) -> None:
        """Look one balance up."""


def measured(books: Books) -> dict[str, float]:
    """Return the seconds that each thing takes."""
    everybody = range(BATCH)
    found = {
        "two": seconds_each(lambda number: books.post([number], 2), TIMES),
        "four": seconds_each(lambda number: books.post([number], 4), TIMES),
        "many_twos": seconds_each(lambda _: books.post(everybody, 2), BATCHES),
        "many_fours": seconds_each(lambda _: books.post(everybody, 4), BATCHES),
    }
    for _ in range(HISTORY // BATCH):
        books.post([0] * BATCH, 2)
    return {**found, "balance": seconds_each(lambda _: books.balance(0), TIMES)}


def seconds_each(work: Callable[[int], Any], times: int) -> float:
    """Return how long one of many takes, after a few to warm up."""
    for number in range(max(1, times // 20)):
        work(number)
    begun = time.perf_counter()
    for number in range(times):
        work(number)
    return (time.perf_counter() - begun) / times


def main(url: str) -> None:
    """Set Django up on an empty database, then measure."""
    parse = import_module("dj_database_url").parse
    import_module("django.conf").settings.configure(
        DATABASES={"default": parse(url, conn_max_age=None)},
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "hordak"],
        SECRET_KEY="bench",
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        DEFAULT_CURRENCY="EUR",
        CURRENCIES=["EUR", "USD"],
    )
    import_module("django").setup()
    import_module("django.core.management").call_command("migrate", verbosity=0)
    print(json.dumps(measured(Hordak())))


class Hordak:
    """Their ledger, by the bulk way of Django."""

    def __init__(self) -> None:
        models, money = import_module("hordak.models"), import_module("moneyed").Money
        self._transaction, self._leg = models.Transaction, models.Leg
        self._atomic = import_module("django.db").transaction.atomic
        both = {"currencies": ["EUR", "USD"]}
        make, kinds = models.Account.objects.create, models.AccountType
        self._issued = make(name="issued", code="1", type=kinds.asset, **both)
        self._people = [
            make(name=f"p{each}", code=f"{each + 2}", type=kinds.liability, **both)
            for each in range(PEOPLE)
        ]
        self._point, self._minute = money(1, "EUR"), money(60, "USD")

    def post(self, numbers: Sequence[int], legs: int) -> None:
        """Post an entry to each of these people in one commit."""
        amounts = (self._point, self._minute)[: legs // 2]
        with self._atomic():
            made = self._transaction.objects.bulk_create(self._transaction() for _ in numbers)
            self._leg.objects.bulk_create(
                self._leg(transaction=each, account=account, **{side: amount})
                for each, number in zip(made, numbers, strict=True)
                for amount in amounts
                for account, side in (
                    (self._people[number % PEOPLE], "credit"),
                    (self._issued, "debit"),
                )
            )

    def balance(self, number: int) -> None:
        """Look one balance up."""
        self._people[number % PEOPLE].get_balance()


if __name__ == "__main__":
    main(sys.argv[1])
