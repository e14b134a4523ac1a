"""The look: readable colours, markup the security policy lets through, macros that stand alone."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from flask import Flask, render_template, render_template_string
from flask_babel import Babel
from flask_wtf import CSRFProtect
from jinja2 import StrictUndefined

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
CSS = ROOT / "static" / "css"
TEAMS = ["red", "orange", "yellow", "green", "cyan", "blue", "purple"]
SHELL = "nav viewer organisation locale html_lang theme text_size density demo_banner wants_guide"
NOTHING = dict.fromkeys(SHELL.split())
RED = SimpleNamespace(key="red", glyph="红", hex="#c7322f")
TONES = ["pink", "brown", "olive", "teal", "slate"]
BROWN = SimpleNamespace(key="brown", glyph="棕", hex="#7a4b2a")


# --- colours ---------------------------------------------------------------


def tokens(mode: str) -> dict[str, str]:
    css = re.sub(r"/\*.*?\*/", "", (CSS / "tokens.css").read_text("utf-8"), flags=re.S)
    light, dark = css.split('[data-bs-theme="dark"]', 1)
    find = re.compile(r"--([\w-]+):\s*(#[0-9a-f]{6})")
    found = dict(find.findall(light))
    if mode == "dark":
        found |= dict(find.findall(dark.split("}", 1)[0]))
    return found


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def pairs() -> Iterator[tuple[str, str, float]]:
    for team in [*TEAMS, *TONES]:
        yield f"team-{team}-on", f"team-{team}-solid", 4.5
        yield f"team-{team}-ink", f"team-{team}-soft", 4.5
        yield f"team-{team}-line", "surface", 3
        yield f"team-{team}-line", "bg", 3
    for ground in ("bg", "surface", "sunken"):
        yield "ink", ground, 7
        for text in ("ink-2", "ink-3", "brand-ink", "star-ink"):
            yield text, ground, 4.5
        for edge in ("edge", "focus"):
            yield edge, ground, 3
    for text, ground in (
        ("on-brand", "brand"),
        ("on-brand", "brand-hover"),
        ("brand-ink", "brand-soft"),
        ("ink-2", "brand-soft"),
        ("on-hero", "hero"),
        ("on-hero-2", "hero"),
        ("star", "hero"),
        ("bg", "ink"),
    ):
        yield text, ground, 4.5
    for state in ("error", "warn", "ok", "info"):
        yield state, f"{state}-soft", 4.5
        yield state, "surface", 4.5
        yield state, "bg", 4.5
        yield "ink", f"{state}-soft", 7


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_every_pair_of_text_and_ground_is_readable(mode: str) -> None:
    found = tokens(mode)
    weak = {
        (text, ground): round(contrast(found[text], found[ground]), 2)
        for text, ground, needed in pairs()
        if contrast(found[text], found[ground]) < needed
    }
    assert weak == {}


def test_the_two_ways_into_dark_say_the_same() -> None:
    css = (CSS / "tokens.css").read_text("utf-8")
    chosen = css.split('[data-bs-theme="dark"] {', 1)[1].split("}", 1)[0]
    device = css.split(":root:not([data-bs-theme]) {", 1)[1].split("}", 1)[0]
    assert chosen.split() == device.split()


# --- what the content security policy would refuse --------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(ROOT / "templates")))
def test_no_inline_style_script_or_handler(path: Path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.S)
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|javascript:", text)
    assert not re.search(r"<script(?![^>]*\ssrc=)", text)
    assert not re.search(r"(?:src|href)=[\"'](?:https?:)?//", text)


def test_every_icon_named_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static/img/icons.svg").read_text()))
    named = {
        name
        for path in TEMPLATES
        for name in re.findall(
            r'(?:\bicon\(|icon_name=|"icon":\s*)"([\w-]+)"', path.read_text("utf-8")
        )
    }
    assert named <= drawn


def test_every_class_of_ours_is_styled() -> None:
    styled = set(re.findall(r"\.(q-[\w-]+)", "".join(p.read_text("utf-8") for p in CSS.iterdir())))
    used = {
        name
        for path in TEMPLATES
        for value in re.findall(r'class="([^"{%]*)"', path.read_text("utf-8"))
        for name in value.split()
        if name.startswith("q-")
    }
    assert used <= styled


def test_every_token_used_is_defined() -> None:
    css = "".join(path.read_text("utf-8") for path in CSS.iterdir())
    used = set(re.findall(r"var\((--[\w-]+)\)", css))
    assert used <= set(re.findall(r"(--[\w-]+):", css))


def test_no_blank_parts_two_sentences() -> None:
    """Chinese writes none between them: each is a paragraph, or both are one message."""
    joined = re.compile(r"""[.?!]"[^}{]*\) \}\}( |\{% if [^%]*%\} )\{\{ _\(""")
    assert [path.name for path in TEMPLATES if joined.search(path.read_text("utf-8"))] == []


# --- shell and macros stand without the app ---------------------------------


@pytest.fixture
def shell() -> Iterator[Flask]:
    app = Flask("face", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(SECRET_KEY="only for this test", TESTING=True)
    app.jinja_env.undefined = StrictUndefined
    Babel(app, default_locale="en")
    CSRFProtect(app)
    app.add_url_rule("/preferences", "web.preferences", lambda: "", methods=["POST"])
    with app.test_request_context("/somewhere?page=2"):
        yield app


def item(label: str, **more: object) -> dict[str, object]:
    return {
        "url": "/x",
        "label": label,
        "icon": "home",
        "current": False,
        "badge": None,
        **more,
    }


def test_the_shell_stands_on_nothing(shell: Flask) -> None:
    page = render_template("base.html", **NOTHING)
    assert '<html lang="zh-Hans">' in page
    assert 'id="main"' in page
    assert 'value="/somewhere?page=2"' in page
    assert "q-tabs" not in page.split("<body", 1)[1]


def test_an_organiser_gets_the_side_bar_and_the_phone_its_tabs(shell: Flask) -> None:
    nav = SimpleNamespace(
        kind="organiser",
        top=[],
        tabs=[item("Overview", current=True)],
        side=[{"heading": "Daily", "items": [item("Review", badge=7)]}],
        account=[item("Sign out", post=True)],
    )
    viewer = SimpleNamespace(name="顾立夏", role_label="organiser", initial="顾")
    page = render_template("base.html", **{**NOTHING, "nav": nav, "viewer": viewer})
    assert "q-side" in page
    assert 'aria-current="page"' in page
    assert ">7<" in page
    assert 'method="post" action="/x"' in page


def test_theme_text_and_density_stand_on_the_root(shell: Flask) -> None:
    chosen = {"theme": "dark", "text_size": "large", "density": "desk", "html_lang": "en"}
    page = render_template("base.html", **{**NOTHING, **chosen})
    assert '<html lang="en" data-bs-theme="dark" data-text="large" data-density="desk">' in page


@pytest.mark.parametrize("code", ["400", "403", "404", "405", "413", "429"])
def test_an_error_page_says_what_to_do_next(shell: Flask, code: str) -> None:
    page = render_template(f"errors/{code}.html", **NOTHING)
    assert code in page
    assert 'href="/"' in page


def test_the_page_for_our_own_failure_needs_no_context(shell: Flask) -> None:
    assert "500" in render_template("errors/500.html")


def test_a_colour_outside_the_seven_gets_a_neutral_circle(shell: Flask) -> None:
    source = '{% from "macros/page.html" import glyph %}{{ glyph(one) }}'
    assert 'data-team="red"' in render_template_string(source, one=RED)
    assert "q-glyph--own" in render_template_string(source, one=BROWN)
    assert "q-glyph--none" in render_template_string(source, one=None)


def test_a_name_cannot_bring_markup(shell: Flask) -> None:
    source = (
        '{% import "macros/forms.html" as forms %}{% import "macros/tables.html" as tables %}'
        "{{ forms.member(1, name, name, name) }}"
        "{% call(row) tables.table(name, [name], [], name) %}{% endcall %}"
    )
    page = render_template_string(source, name='"><script>alert(1)</script>')
    assert "<script>" not in page


def test_an_empty_table_says_so_under_its_caption(shell: Flask) -> None:
    page = render_template_string(
        '{% import "macros/tables.html" as tables %}'
        '{% call(row) tables.table("People", ["Name", ("Hours", "r")], [], "Nobody yet") %}'
        "{% endcall %}"
    )
    assert "<caption" in page
    assert 'colspan="2">Nobody yet' in page


def test_a_summary_names_its_field_where_two_were_refused_alike(shell: Flask) -> None:
    def refused(id: str, text: str, message: str) -> SimpleNamespace:
        return SimpleNamespace(id=id, label=SimpleNamespace(text=text), errors=[message])

    class Refused(list[SimpleNamespace]):
        form_errors = ("Nothing was saved.",)

    form = Refused(
        [
            refused("red", "Red", "Fill in a number."),
            refused("blue", "Blue", "Fill in a number."),
            refused("on", "From", "Fill in a date."),
        ]
    )
    source = '{% import "macros/forms.html" as forms %}{{ forms.error_summary(form) }}'
    page = render_template_string(source, form=form)
    assert '<a href="#blue">Blue: Fill in a number.</a>' in page
    assert '<a href="#on">Fill in a date.</a>' in page
    assert "<li>Nothing was saved.</li>" in page


def test_an_empty_state_is_no_heading(shell: Flask) -> None:
    source = '{% from "macros/page.html" import empty %}{{ empty("None yet", "Comes here.") }}'
    page = render_template_string(source)
    assert "None yet" in page
    assert "<h" not in page


def test_a_ring_of_nothing_is_drawn_without_dividing(shell: Flask) -> None:
    source = (
        '{% import "macros/figures.html" as f %}{{ f.donut(rows, 0, "") }}{{ f.bar_list(rows, 0) }}'
    )
    rows = [{"colour": RED, "name": "n", "value": 0, "text": "0"}]
    assert "<text" not in render_template_string(source, rows=rows)


EMPTY = re.compile(
    r"""\bempty\((?:_\("[^"]*"[^)]*\)|[a-z_]+)(?: if [^,]* else _\([^)]*\))?, *(none|icon_name)"""
)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_what_is_empty_says_how_it_fills(path: Path) -> None:
    assert not EMPTY.search(path.read_text("utf-8"))


def test_an_empty_state_without_a_sentence_is_found() -> None:
    assert EMPTY.search('{{ empty(_("Nobody yet"), icon_name="box") }}')
    assert not EMPTY.search('{{ empty(_("Nobody yet"), _("They stand here."), icon_name="box") }}')
