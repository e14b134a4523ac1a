"""Columns line up in a terminal, whatever stands in them."""

import pytest

from app.commands.columns import aligned, width_of


@pytest.mark.parametrize(
    ("text", "width"),
    [("", 0), ("Ab1", 3), ("春分", 4), ("（A）", 5), ("e\u0301", 1), ("名次 1", 6)],
)
def test_a_chinese_character_takes_the_room_of_two(text: str, width: int) -> None:
    assert width_of(text) == width


def test_every_line_has_its_columns_below_each_other() -> None:
    lines = aligned(("名次", "姓名", "时长"), [("1", "春分", "3"), ("12", "Li", "10.5")], left={1})
    assert lines == [
        "名次  姓名  时长",
        "   1  春分     3",
        "  12  Li    10.5",
    ]


def test_an_empty_table_is_its_heads() -> None:
    assert aligned(("a", "b"), []) == ["a  b"]
