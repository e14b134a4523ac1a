"""An office's first day: the roster comes in as a sheet, then a year's list, mended by a tap."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from app.sheets.writing import write_xlsx
from tests.journeys import acts
from tests.serving import ROOT, LiveServer, environment

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.journeys.conftest import OpenPage

ROSTER = [
    ["罗芒种", "女", "13800000001", "黄色治安巡逻队", "队长"],
    ["周谷雨", "男", "13800000002", "黄色治安巡逻队", "队员"],
    ["沈立秋", "女", "13800000003", "绿色生态环保队", "队员"],
]
SERVICE = [
    ["罗芒种", "2026-01-28", "巡逻队", "2.5小时", "夜巡"],
    ["周谷雨", "2026-01-28", "巡逻队", "2.5小时", "夜巡"],
    ["沈立秋", "2026-01-27", "绿色生态环保队", "90分钟", "捡拾"],
    ["沈立夏", "2026-01-27", "绿色生态环保队", "90分钟", "捡拾"],
]


@pytest.fixture
def worker(live_server: LiveServer, database_url: str, tmp_path: Path) -> Iterator[None]:
    """Work beside the server, as ./run lets one."""
    process = subprocess.Popen(
        [sys.executable, "-m", "flask", "work"],
        cwd=ROOT,
        env=environment(database_url, tmp_path),
        stderr=subprocess.DEVNULL,
    )
    yield
    process.terminate()
    process.wait(20)


def hand_in(page: Page, kind: str, header: list[str], rows: list[list[str]]) -> None:
    page.goto("/import")
    page.get_by_role("radio", name=re.compile(f"^{kind}")).check()
    sheet = {
        "name": f"{kind}.xlsx",
        "mimeType": "application/octet-stream",
        "buffer": write_xlsx(header, rows),
    }
    page.locator("input[type=file]").set_input_files(files=[sheet])  # type: ignore[arg-type]
    acts.press(page, "Check the file")
    expect(page.get_by_role("heading", level=1)).to_have_text(kind)


def agree(page: Page) -> None:
    page.get_by_role("button", name=re.compile("^Import [0-9]+ row")).click()
    expect(page).to_have_url(re.compile("/import/batches/[0-9]+$"))


@pytest.mark.usefixtures("worker")
@pytest.mark.parametrize("has_script", [True, False], ids=["script", "no script"])
def test_a_sheet_comes_in_is_mended_and_taken_back(open_page: OpenPage, has_script: bool) -> None:
    page = open_page(wide=True, java_script_enabled=has_script)
    acts.found_community(page)
    hand_in(page, "Roster", ["姓名", "性别", "手机", "队伍", "职务"], ROSTER)
    agree(page)

    hand_in(page, "Service list", ["姓名", "日期", "队伍", "时长", "内容"], SERVICE)
    expect(page.get_by_role("heading", name="3 rows cannot be imported yet")).to_be_visible()
    page.get_by_role("button", name=re.compile("^黄色治安巡逻队")).first.click()
    expect(page.get_by_role("heading", name="1 row cannot be imported yet")).to_be_visible()
    page.get_by_role("button", name=re.compile("^沈立秋")).click()
    expect(page.get_by_text("The same row stands twice")).to_be_visible()
    agree(page)
    expect(page.locator("main")).to_contain_text("3 people, 6.5 hours")

    acts.press(page, "Take this import back")
    page.get_by_label("Reason").fill("错了年份")
    acts.press(page, "Take it back")
    expect(page.locator("main")).to_contain_text("0 people, 0 hours")
