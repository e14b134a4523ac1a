"""PDFs: the Chinese stands in them as text with its fonts, A4, bounded, fetching nothing far."""

from __future__ import annotations

import io
import socket
import tempfile
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template_string
from jinja2 import ChoiceLoader, DictLoader
from pypdf import PdfReader

from app.papers import engine, making
from app.papers.making import joined_pdf, pdf_of, qr_svg
from app.papers.rendering import paper_html
from app.papers.rules import Bounds, PaperTooLong, PaperTooSlow, PdfUnavailable
from tests import qr

A4 = (595, 842)
PAGE = "<!doctype html><html lang='zh-CN'><head><title>证</title></head><body>{}</body></html>"
CERTIFICATE = PAGE.format(
    "<article class='q-cert q-cert--{way}'><div class='q-cert__in'><h2>荣誉证书</h2>"
    "<div class='q-cert__body'><p class='q-cert__name'>{name}</p></div></div></article>"
)
LONG = PAGE.format(
    "<article class='q-long'><div class='q-long__running'>档案·谷雨</div>"
    "<h1>志愿者档案</h1>{}</article>"
)

TEMPLATE = """{% extends "papers/base.html" %}{% from "macros/papers.html" import seal %}
{% block title %}T{% endblock %}{% block sheets %}{{ seal() }}{{ who }}{% endblock %}"""


def read(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


def size(reader: PdfReader, page: int = 0) -> tuple[int, int]:
    box = reader.pages[page].mediabox
    return round(box.width), round(box.height)


def fonts(reader: PdfReader) -> dict[str, bool]:
    """Return the fonts of the first page and whether each is embedded."""
    resources: Any = reader.pages[0]["/Resources"]
    found = {}
    for font in resources["/Font"].values():
        below = font["/DescendantFonts"][0].get_object()
        found[str(font["/BaseFont"]).split("+")[-1]] = "/FontFile3" in below["/FontDescriptor"]
    return found


def certificate(name: str = "谷雨", way: str = "l") -> str:
    return CERTIFICATE.format(name=name, way=way)


def test_chinese_stands_in_the_pdf_as_text() -> None:
    said = read(pdf_of(certificate("张谷雨"))).pages[0].extract_text()
    assert "张谷雨" in said
    assert "荣誉证书" in said.replace(" ", "")


def test_fonts_are_ours_and_embedded_even_for_rare_names() -> None:
    found = fonts(read(pdf_of(certificate("𠮷㙍張"))))
    assert found
    assert all(found.values())
    assert all(name.startswith("Qicai") for name in found), found


def test_fonts_are_read_where_they_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    engine._loaded.cache_clear()
    assert pdf_of(certificate())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("way", "wanted"), [("p", A4), ("l", (A4[1], A4[0]))])
def test_a_certificate_fills_one_sheet_of_a4(way: str, wanted: tuple[int, int]) -> None:
    made = read(pdf_of(certificate(way=way)))
    assert (len(made.pages), size(made)) == (1, wanted)


def test_long_papers_are_numbered_and_headed() -> None:
    made = read(pdf_of(LONG.format("<p>清扫</p>" * 200)))
    assert size(made) == A4
    assert len(made.pages) > 2
    first, second = (made.pages[place].extract_text() for place in (0, 1))
    assert f"2 / {len(made.pages)}" in second
    assert "档案·谷雨" in second
    assert "档案·谷雨" not in first


def test_the_same_paper_is_the_same_file() -> None:
    assert pdf_of(certificate()) == pdf_of(certificate())


def test_many_papers_are_one_file_with_each_font_once() -> None:
    heard: list[int] = []
    joined = joined_pdf((certificate(name) for name in ("立春", "雨水", "惊蛰")), heard.append)
    assert heard == [1, 2, 3]
    assert [page.extract_text()[-2:] for page in read(joined).pages] == ["立春", "雨水", "惊蛰"]
    assert len(joined) < 2 * len(pdf_of(certificate("立春")))


def test_a_large_batch_is_made_in_parts_and_one_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "PAPERS_A_PART", 2)
    names = ("立春", "雨水", "惊蛰", "春分", "清明")
    made = [joined_pdf(certificate(name) for name in names) for _ in range(2)]
    reader = read(made[0])
    assert [page.extract_text()[-2:] for page in reader.pages] == list(names)
    assert reader.metadata is not None
    assert reader.metadata.title == "证"
    assert made[0] == made[1]


# --- bounds and far addresses ------------------------------------------------


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x.png", "https://example.cn/x.png", "ftp://example.cn/x.png"]
)
def test_nothing_is_fetched_from_afar(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("a socket was opened"))
    with pytest.raises(engine.FarAddress):
        pdf_of(PAGE.format(f"<img src='{address}'>"))


def test_no_file_outside_static_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.css"
    secret.write_text("p {}")
    for address in (secret.as_uri(), f"{engine.STATIC.as_uri()}/../run", "file://host/etc/passwd"):
        assert not engine.is_near(address)
        with pytest.raises(engine.FarAddress):
            pdf_of(PAGE.format(f"<link rel=stylesheet href='{address}'>"))


def test_our_own_files_and_data_are_near() -> None:
    assert engine.is_near((engine.STATIC / "img/logo.svg").as_uri())
    assert engine.is_near(qr_svg("x"))


def test_too_long_a_paper_is_refused() -> None:
    with pytest.raises(PaperTooLong, match="more than 1 pages"):
        joined_pdf([certificate(), certificate()], bounds=Bounds(pages=1))
    with pytest.raises(PaperTooLong):
        pdf_of(certificate(), Bounds(html_bytes=10))


def test_too_slow_a_batch_is_stopped() -> None:
    with pytest.raises(PaperTooSlow, match="0 minutes"):
        joined_pdf([certificate()], bounds=Bounds(seconds=0))


# --- a machine without the libraries ----------------------------------------


def test_missing_libraries_are_a_refusal_with_the_line(bare_machine: None) -> None:
    with pytest.raises(PdfUnavailable, match="apt-get install libpango"):
        pdf_of(certificate())
    assert not engine.is_available()


def test_the_machine_of_the_tests_can_make_pdfs() -> None:
    """Red on a machine without the libraries; ./run --setup-dev installs them."""
    assert engine.is_available()


# --- what papers are written with -------------------------------------------


def test_the_qr_is_one_a_phone_reads() -> None:
    head, _, drawn = qr_svg("https://time.example.cn/verify/ABC").partition(",")
    assert head == "data:image/svg+xml;base64"
    assert qr.read(b64decode(drawn).decode()) == "https://time.example.cn/verify/ABC"


def test_a_template_is_written_outside_a_request(app: Flask) -> None:
    loader = DictLoader({"x.html": TEMPLATE})
    assert app.jinja_env.loader is not None
    app.jinja_env.loader = ChoiceLoader([loader, app.jinja_env.loader])
    html = paper_html("x.html", "zh_Hans", who="<谷雨>")
    assert "&lt;谷雨&gt;" in html
    assert "<link" not in html
    assert "data-print" not in html
    assert 'lang="zh-CN"' in html
    assert read(pdf_of(html)).metadata["/Title"] == "T"  # type: ignore[index]


def test_in_a_browser_the_paper_has_its_tools_and_sheets(app: Flask) -> None:
    with app.test_request_context("/"):
        html = render_template_string('{% extends "papers/base.html" %}', html_lang="zh-CN")
    assert "css/paper.css" in html
    assert "data-print" in html
    assert "style=" not in html
