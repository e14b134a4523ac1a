"""The writer's lock of a process: one at a time, again by its holder, and nobody waits for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from app import turns
from app.turns import Turns

PATIENCE_SECONDS = 30


def until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.parametrize(
    ("long_seconds", "order"), [(3600, ["comes", "waited"]), (0, ["waited", "comes"])]
)
def test_who_comes_goes_before_who_waits_unless_that_one_has_waited_long(
    monkeypatch: pytest.MonkeyPatch, long_seconds: float, order: list[str]
) -> None:
    may_look = threading.Event()

    class Slow(threading.Event):
        """Whoever waits is woken, but looks only when the test lets them."""

        def wait(self, timeout: float | None = None) -> bool:
            may_look.wait()
            return super().wait(timeout)

    monkeypatch.setattr(turns, "LONG_SECONDS", long_seconds)
    lock, had = Turns(), list[str]()

    def have(name: str) -> None:
        lock.acquire()
        had.append(name)
        lock.release()

    lock.acquire()
    with monkeypatch.context() as patch:
        patch.setattr(turns, "Event", Slow)
        waits = threading.Thread(target=have, args=("waited",))
        waits.start()
        until(lambda: len(lock._waiting) == 1)
    lock.release()
    comes = threading.Thread(target=have, args=("comes",))
    comes.start()
    until(lambda: had == ["comes"] or len(lock._waiting) == 2)
    may_look.set()
    for each in (waits, comes):
        each.join(PATIENCE_SECONDS)
    assert had == order


def test_its_holder_takes_it_again_and_gives_it_back_as_often() -> None:
    lock, had = Turns(), list[str]()

    def have() -> None:
        lock.acquire()
        had.append("other")
        lock.release()

    other = threading.Thread(target=have)
    lock.acquire()
    lock.acquire()
    other.start()
    until(lambda: len(lock._waiting) == 1)
    lock.release()
    assert not had
    lock.release()
    other.join(PATIENCE_SECONDS)
    assert had == ["other"]


class BrokenOff(Exception):
    """What a signal's handler raises."""


def test_who_is_broken_off_while_waiting_holds_up_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    may_break, broken, had = threading.Event(), list[str](), list[str]()

    class Breaking(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            may_break.wait(timeout)
            raise BrokenOff

    lock = Turns()

    def be_broken_off() -> None:
        try:
            lock.acquire()
        except BrokenOff:
            broken.append("waited")

    def have() -> None:
        lock.acquire()
        had.append("other")
        lock.release()

    lock.acquire()
    with monkeypatch.context() as patch:
        patch.setattr(turns, "Event", Breaking)
        first = threading.Thread(target=be_broken_off)
        first.start()
        until(lambda: len(lock._waiting) == 1)
    second = threading.Thread(target=have)
    second.start()
    until(lambda: len(lock._waiting) == 2)
    # The one in front is woken and gone before it looks.
    lock.release()
    may_break.set()
    for each in (first, second):
        each.join(PATIENCE_SECONDS)
    assert (broken, had, len(lock._waiting)) == (["waited"], ["other"], 0)


def most_inside(lock: Turns) -> int:
    """Return how many of eight threads were inside at once while each came 200 times."""
    inside, most = [0], [0]

    def work() -> None:
        for _ in range(200):
            lock.acquire()
            inside[0] += 1
            most[0] = max(most[0], inside[0])
            time.sleep(0)
            inside[0] -= 1
            lock.release()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join(PATIENCE_SECONDS)
    assert not any(each.is_alive() for each in threads)
    return most[0]


def test_many_are_never_inside_at_once() -> None:
    lock = Turns()
    assert most_inside(lock) == 1
    assert not lock._waiting


def test_without_looking_whose_it_is_many_are_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Turns, "_is_open", lambda _lock: True)
    assert most_inside(Turns()) > 1
