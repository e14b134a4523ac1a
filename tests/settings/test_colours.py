"""The colours' pages: whoever organises the root adds, renames, retires; others read."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.settings.conftest import changes_of

PAGE = "/admin/settings/TX/colours"
FORM = {"name": "科普宣传", "glyph": "科", "tone": "pink"}


def test_a_colour_is_added_renamed_retired_and_offered_again(root_desk: FlaskClient) -> None:
    assert root_desk.post(f"{PAGE}/add", data=FORM).location == PAGE
    page = root_desk.get(PAGE).text
    assert 'data-team="pink"' in page
    assert f"{PAGE}/pink/retire" in page
    assert "Pink" not in root_desk.get(f"{PAGE}/add").text
    assert root_desk.post(f"{PAGE}/pink", data={"name": "科学普及"}).status_code == 303
    assert root_desk.post(f"{PAGE}/pink/retire").status_code == 303
    assert "Retired" in root_desk.get(PAGE).text
    assert root_desk.post(f"{PAGE}/pink/reopen").status_code == 303
    page = root_desk.get(PAGE).text
    assert "Retired" not in page
    assert "科学普及" in page
    assert [changes_of(f"{verb}_colour") for verb in ("add", "rename", "retire", "reopen")] == [
        1, 1, 1, 1,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": ""}, "Fill in the theme."),
        ({"name": "卫生保健"}, "There is a colour named 卫生保健 already."),
        ({"glyph": "红"}, "The character 红 stands for 扶贫帮困 already."),
        ({"glyph": "ab"}, "one character"),
        ({"tone": ""}, "Choose a tone."),
        ({"tone": "red"}, "Not a valid choice"),
    ],
)
def test_a_bad_colour_keeps_what_was_typed(
    root_desk: FlaskClient, change: dict[str, str], said: str
) -> None:
    answer = root_desk.post(f"{PAGE}/add", data=FORM | change)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{change.get("name", "科普宣传")}"' in answer.text
    assert changes_of("add_colour") == 0


def test_a_colour_that_teams_bear_is_not_retired(root_desk: FlaskClient) -> None:
    answer = root_desk.post(f"{PAGE}/red/retire")
    assert answer.status_code == 422
    assert "BY-red队, TX-red队" in answer.text


def test_a_bad_theme_is_kept_as_typed(root_desk: FlaskClient) -> None:
    answer = root_desk.post(f"{PAGE}/red", data={"name": "长" * 13})
    assert answer.status_code == 422
    assert "长" * 13 in answer.text


def test_whoever_organises_below_reads_only(desk: FlaskClient) -> None:
    page = desk.get(PAGE).text
    assert "Colours are kept by JD社区" in page
    assert f"{PAGE}/add" not in page
    assert desk.post(f"{PAGE}/add", data=FORM).status_code == 404


def test_no_such_colour(root_desk: FlaskClient) -> None:
    for path in ("none", "none/retire", "none/reopen"):
        assert root_desk.post(f"{PAGE}/{path}").status_code == 404
