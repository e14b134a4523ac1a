"""What HOUSE asks of the code and import-linter cannot see."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
APP = ROOT / "app"
MODULES = sorted(APP.rglob("*.py"))
WHOLE_NUMBERS_ONLY = ("points", "ledger", "ranking")
# A thing has a subject; and service is a word of the domain, never a layer.
SUBJECTLESS = {"utils", "util", "helpers", "helper", "common", "misc", "services"}


def test_transaction_is_the_only_door_to_permanence() -> None:
    found = [path.relative_to(ROOT).as_posix() for path in MODULES for _ in commits(path)]
    assert found == ["app/db.py"]


@pytest.mark.parametrize("package", WHOLE_NUMBERS_ONLY)
def test_no_float_touches_minutes_or_points(package: str) -> None:
    broken = [place for path in sorted((APP / package).rglob("*.py")) for place in floats(path)]
    assert broken == []


def test_every_module_names_its_subject() -> None:
    named = {path.stem for path in MODULES} | {path.parent.name for path in MODULES}
    assert not named & SUBJECTLESS


def test_the_root_package_is_a_list_of_steps_and_nothing_else() -> None:
    """`db` lives in app/db.py: importing it must not build the whole app."""
    tree = parsed(APP / "__init__.py")
    assigned = {
        target.id
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    assert "db" not in assigned


def test_only_the_clock_asks_the_machine_what_time_it_is() -> None:
    broken = [
        place for path in MODULES if path != APP / "clock.py" for place in clock_readings(path)
    ]
    assert broken == []


def test_rules_and_operations_take_who_and_when_as_arguments() -> None:
    """Nothing below a view asks app.clock for the time."""
    core = {"rules", "models", "operations", "queries"}
    broken = [
        shown(path, node)
        for path in MODULES
        if core & {path.stem, path.parent.name}
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.ImportFrom)
        and node.module == "app.clock"
        and any(alias.name == "now" for alias in node.names)
    ]
    assert broken == []


def test_every_table_of_a_page_has_a_caption() -> None:
    broken = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for table in path.read_text("utf-8").split("<table")[1:]
        if "<caption" not in table.split("</table>")[0]
    ]
    assert broken == []


def test_no_page_switches_escaping_off() -> None:
    broken = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "templates").rglob("*.html"))
        if "autoescape false" in path.read_text("utf-8")
    ]
    assert broken == []


def test_no_page_asks_for_what_the_content_policy_forbids() -> None:
    """Inline script and style would be dead on arrival under `default-src 'self'`."""
    forbidden = ('style="', " onclick=", " onsubmit=", " onchange=", "<style", "<script>")
    broken = [
        f"{path.relative_to(ROOT)}: {mark.strip()}"
        for path in sorted((ROOT / "templates").rglob("*.html"))
        for mark in forbidden
        if mark in path.read_text("utf-8")
    ]
    assert broken == []


@pytest.mark.parametrize(
    ("source", "count"),
    [
        ("x = 1.5", 1),
        ("x = float(y)", 1),
        ("x = a / b", 1),
        ("x /= 2", 1),
        ("def f(x: float) -> None: ...", 1),
        ("x = round(y)", 0),
        ("x = a // b", 0),
        ("x = '1.5 / 2'", 0),
    ],
)
def test_the_float_finder_finds(tmp_path: Path, source: str, count: int) -> None:
    path = tmp_path / "sample.py"
    path.write_text(source)
    assert len(list(floats(path))) == count


def commits(path: Path) -> Iterator[ast.Call]:
    """Yield every call of a method named commit."""
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and called(node) == "commit":
            yield node


def floats(path: Path) -> Iterator[str]:
    """Yield every float literal, `float` name and true division."""
    for node in ast.walk(parsed(path)):
        is_literal = isinstance(node, ast.Constant) and isinstance(node.value, float)
        is_name = isinstance(node, ast.Name) and node.id == "float"
        is_division = isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
        if is_literal or is_name or is_division:
            yield shown(path, node)


def clock_readings(path: Path) -> Iterator[str]:
    """Yield calls such as datetime.now() and date.today()."""
    for node in ast.walk(parsed(path)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in {"datetime", "date"}
            and node.func.attr in {"now", "utcnow", "today"}
        ):
            yield shown(path, node)


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def shown(path: Path, node: ast.AST) -> str:
    name = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return f"{name}:{getattr(node, 'lineno', 0)}"
