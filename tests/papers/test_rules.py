"""Which characters a paper can print."""

from __future__ import annotations

from app.papers.rules import SYSTEM_PACKAGES, PdfUnavailable, missing_glyphs
from tests.conftest import ROOT

NAMES = "立春雨水惊蛰清明谷雨小满芒种夏至小暑立秋处暑白露秋分寒露霜降冬至大寒"


def test_common_and_rare_names_print() -> None:
    assert missing_glyphs(NAMES + "张張𠮷龘㙍喆堃𫖯·Ärzte 12.5%，。“”《》①") == ""


def test_what_no_face_has_is_named_once() -> None:
    assert missing_glyphs("张🙂雨\U0002a6a5ᠮ🙂") == "🙂\U0002a6a5ᠮ"


def test_spaces_and_unseen_characters_need_no_glyph() -> None:
    assert missing_glyphs(" \n\t\u3000\u200b\ufe0f\U000e0100张") == ""


def test_the_refusal_names_what_run_installs() -> None:
    packages = " ".join(SYSTEM_PACKAGES)
    assert packages in str(PdfUnavailable())
    assert f"paper_packages=({packages})" in (ROOT / "run").read_text("utf-8")
