"""Every test in which two act at once is held to a control that takes its lock away."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from app.schema.migrating import MIGRATION_LOCK
from tests import locks
from tests.races import Race, race, unstruck

TESTS = Path(__file__).resolve().parent
APP = TESTS.parent / "app"
REGISTRY = tomllib.loads((TESTS / "races.toml").read_text())
BESIDE = {
    "at_once", "Thread", "ThreadPoolExecutor", "Barrier", "Popen", "Process", "ProcessPoolExecutor"
}  # fmt: skip
# What starts one server, whose requests a test sends one after the other.
ONE_SERVER = {"serving", "working", "LiveServer", "running", "start", "nginx_before"}


def called(node: ast.AST) -> set[str]:
    """Return the names of all that is called or named inside."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return names | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}


def side_by_side(path: Path) -> Iterator[ast.FunctionDef]:
    """Yield the tests that let several act, themselves or by a helper, wherever that stands."""
    beside = besides(path)
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef) and node.name in beside and node.name[:5] == "test_":
            yield node


@cache
def besides(path: Path) -> frozenset[str]:
    """Return the names by which a module lets several act."""
    tree = ast.parse(path.read_text())
    beside = BESIDE | {name for node in ast.walk(tree) for name in brought_by(node)}
    acts = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    while found := {each.name for each in acts if called(each) & beside} - beside - ONE_SERVER:
        beside |= found
    return frozenset(beside)


def brought_by(node: ast.AST) -> set[str]:
    """Return what an import from another module of the tests brings of that."""
    if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("tests"):
        return set()
    place = TESTS.parent.joinpath(*(node.module or "").split("."))
    names = {each.name for each in node.names}
    modules = {place / f"{name}.py" for name in names} | {place.with_suffix(".py")}
    brought = [besides(each) for each in modules if each.is_file()]
    is_module = any((place / f"{name}.py").is_file() for name in names)
    return set().union(*brought) if is_module else set().union(*brought) & names


def is_race(test: ast.FunctionDef) -> bool:
    return any("race" in called(each) for each in test.decorator_list)


def unregistered(path: Path) -> list[str]:
    """Return the tests of a module that let several act, and say nothing of a control."""
    name = path.relative_to(TESTS).as_posix()
    said = {**REGISTRY["controlled"], **REGISTRY["no_race"]}
    if name in said:
        return []
    return [
        f"{name}::{test.name}"
        for test in side_by_side(path)
        if not is_race(test) and f"{name}::{test.name}" not in said
    ]


def modules() -> list[Path]:
    return sorted(each for each in TESTS.rglob("test_*.py") if each != Path(__file__))


def test_every_race_has_its_control() -> None:
    missing = [name for path in modules() for name in unregistered(path)]
    assert missing == [], "say @race(lock) of tests/races.py, or name a control in tests/races.toml"


@pytest.mark.parametrize("part", ["controlled", "no_race"])
def test_what_is_registered_is_there(part: str) -> None:
    named: list[Any] = [*REGISTRY[part]]
    if part == "controlled":
        named += [control for controls in REGISTRY[part].values() for control in controls]
    for name in named:
        path, _, test = name.partition("::")
        assert (TESTS / path).is_file(), name
        assert f"def {test}" in (TESTS / path).read_text(), name


def test_a_race_without_a_control_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "test_new.py"
    module.write_text(
        "def both():\n    at_once(app, 1, 2)\n\n\ndef test_new():\n    both()\n\n\n"
        "@race('lock')\ndef test_held():\n    both()\n"
    )
    monkeypatch.setattr("tests.test_races.TESTS", tmp_path)
    assert unregistered(module) == ["test_new.py::test_new"]


# ── what is taken out ─────────────────────────────────────────────────────────────────────

ACCOUNTS = "SELECT id FROM accounts WHERE holder_id = ANY(%s::bigint[]) ORDER BY id FOR UPDATE"
KEY = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 7104))"


def as_spoken(line: str) -> str:
    """Return a line of source with its values as PostgreSQL's driver is given them."""
    return re.sub(r"\?|:\w+", "%s", line.replace("{MIGRATION_LOCK}", MIGRATION_LOCK))


def test_every_advisory_lock_has_a_name() -> None:
    lines = [line for path in APP.rglob("*.py") for line in path.read_text().splitlines()]
    found = [as_spoken(line) for line in lines if re.search(r"pg_advisory_\w*(?<!un)lock", line)]
    assert len(found) > len(locks.ADVISORY) / 2
    # Raises where tests/locks.py knows no name.
    assert set().union(*map(locks.taken, found)) == set(locks.ADVISORY.values())


def test_one_lock_is_struck_and_every_other_stays() -> None:
    held = "rows of accounts"
    loose = ACCOUNTS.removesuffix(" FOR UPDATE")
    assert locks.without(ACCOUNTS, [held]) == locks.Struck(loose, frozenset({held}))
    others = ["rows of teams", "the key of the operation"]
    assert locks.without(ACCOUNTS, others) == locks.Struck(ACCOUNTS, frozenset())
    assert "advisory" not in locks.without(KEY, others).statement
    assert locks.without(KEY, [held]) == locks.Struck(KEY, frozenset())
    of_one = "SELECT r.id FROM logins l JOIN roles r ON true FOR UPDATE OF r SKIP LOCKED"
    assert locks.taken(of_one) == {"rows of r"}


def test_a_lock_without_a_name_is_told() -> None:
    with pytest.raises(LookupError, match=r"7104, 77"):
        locks.taken("SELECT pg_advisory_xact_lock(7104, 77)")
    with pytest.raises(AssertionError, match="the accounts"):
        race("the accounts")


def test_what_nobody_takes_keeps_nobody_apart() -> None:
    said = Race(("rows of accounts", "the lock of the tree", "uq_entries_award"))
    assert unstruck(said, {"rows of accounts"}, "postgresql") == {"the lock of the tree"}
    assert unstruck(said, set(), "sqlite") == set()
