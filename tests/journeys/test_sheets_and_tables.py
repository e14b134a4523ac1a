"""Tables on a phone and on paper: what style sheets alone decide, seen by a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import Page

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
SHEETS = ("tokens", "base", "shell", "forms", "data", "wide", "print")
PEOPLE = """<div class="q-card"><div class="q-tablewrap">
<table class="q-table q-table--cards q-table--brief"><caption class="q-sr">People</caption>
<thead><tr><th>Name</th><th>Teams</th></tr></thead>
<tbody><tr><th scope="row">谷雨</th><td data-l="Teams">
<div><span>红色扶贫帮困队</span><br><span>黄色治安巡逻队</span></div></td></tr></tbody>
<tfoot><tr><th scope="row">Sum</th><td>2</td></tr></tfoot></table></div></div>"""
RANKING = """<div class="q-head"><h1>Ranking</h1><div class="q-head__end">
<a class="q-btn" href="#x">Download</a></div></div>
<div class="only-wide">Table</div><ol class="only-narrow"><li>List</li></ol>"""
BAR = """<main class="q-main"><form><div class="q-action q-action--card"><p><b>226 rows</b></p>
<button class="q-btn">Import</button></div></form></main>"""

SIDE = f"""<div class="q-desk"><nav class="q-side"><a class="q-brand" href="#b">Qicai</a>
{'<h2>Group</h2><a href="#a">Page</a><a href="#a">Page</a><a href="#a">Page</a>' * 8}
<div class="q-side__end"><a href="#me">Who is signed in</a></div></nav><main></main></div>"""


def show(page: Page, body: str, size: Any = PHONE) -> None:
    styles = "".join((CSS / f"{name}.css").read_text("utf-8") for name in SHEETS)
    page.set_viewport_size(size)
    page.set_content(f"<!doctype html><style>{styles}</style><body class=q-has-tabs>{body}")


def box(page: Page, selector: str, place: int = 0) -> Any:
    found = page.locator(selector).nth(place).bounding_box()
    assert found is not None
    return found


def test_the_teams_of_a_person_stand_apart_on_a_phone(page: Page) -> None:
    show(page, PEOPLE)
    first, second = box(page, "td span"), box(page, "td span", 1)
    beside = second["x"] - first["x"] - first["width"]
    assert beside >= 4 or second["y"] >= first["y"] + first["height"]


def test_no_line_runs_across_the_round_corners_of_a_card(page: Page) -> None:
    show(page, PEOPLE)
    top = "e => getComputedStyle(e).borderTopWidth"
    assert page.locator("tbody tr").evaluate(top) == "0px"


def test_paper_takes_the_wide_table_and_no_button(page: Page) -> None:
    show(page, RANKING, {"width": 718, "height": 1000})
    page.emulate_media(media="print")
    assert page.locator(".only-wide").is_visible()
    assert not page.locator(".only-narrow").is_visible()
    assert not page.locator(".q-btn").is_visible()


def test_a_sum_is_printed_once_below_the_last_line(page: Page) -> None:
    show(page, PEOPLE)
    page.emulate_media(media="print")
    # A table-footer-group would stand at the foot of every sheet.
    assert page.locator("tfoot").evaluate("e => getComputedStyle(e).display") == "table-row-group"


@pytest.mark.parametrize("size", [PHONE, DESKTOP])
def test_the_button_of_a_bar_stands_at_its_end(page: Page, size: Any) -> None:
    show(page, BAR, size)
    bar, button = box(page, ".q-action"), box(page, ".q-action .q-btn")
    assert bar["x"] + bar["width"] - button["x"] - button["width"] <= 24


def test_who_is_signed_in_stays_in_sight_beside_a_long_list(page: Page) -> None:
    show(page, SIDE, {"width": 1280, "height": 720})
    end = box(page, ".q-side__end a")
    assert end["y"] + end["height"] <= 720
