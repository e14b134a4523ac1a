"""What a browser can say about a page by itself; `looking.js` looks, and every page takes it in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from axe_playwright_python.base import AXE_SCRIPT

from tests.conftest import DESKTOP, PHONE

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

SCRIPT = Path(__file__).with_name("looking.js")
SERIOUS = ["serious", "critical"]
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
# A theme changes colours and nothing else.
COLOURS: dict[str, Any] = {**EVERYTHING, "runOnly": ["color-contrast"]}
TABS_A_PAGE = 40
STOPS_WITHIN = 6


class Look(NamedTuple):
    """A width, a theme and a text size, and what axe looks for in them."""

    name: str
    size: Any
    theme: str = "light"
    text: str = "standard"
    options: dict[str, Any] = EVERYTHING


# Between them: each theme, each text size, phone and desk.
LOOKS = (
    Look("phone", PHONE),
    Look("phone, dark, large text", PHONE, "dark", "large", COLOURS),
    Look("desktop, dark", DESKTOP, "dark"),
)
# Between them: each width that changes something, in the text that takes most room there.
WIDTHS = (
    Look("360 px", {"width": 360, "height": 740}),
    Look("390 px, large text", PHONE, text="large"),
    Look("768 px, large text", {"width": 768, "height": 1024}, text="large"),
    Look("1280 px", DESKTOP),
)


def look_with(context: BrowserContext) -> None:
    """Give every page of a browser what looks at it."""
    context.add_init_script(path=SCRIPT)


def dress(page: Page, look: Look) -> None:
    """Look at the open page in another way, without asking the server again."""
    page.set_viewport_size(look.size)
    page.evaluate(
        "([theme, text]) => { const root = document.documentElement;"
        " root.dataset.bsTheme = theme; root.dataset.text = text; }",
        [look.theme, look.text],
    )


def take_axe(page: Page) -> None:
    """Bring axe into the open page, for all its looks; a list's hundredth row is as its tenth."""
    page.evaluate(AXE_SCRIPT)
    page.evaluate(
        "rows => document.querySelectorAll(rows).forEach(row => row.remove())",
        "tbody > :nth-child(n+12), .q-rows > :nth-child(n+12), .q-roster > :nth-child(n+12)",
    )


def serious_findings(page: Page, look: Look) -> list[str]:
    """Return what axe finds serious or critical; `take_axe` came before."""
    found: list[str] = page.evaluate(
        """([options, serious]) => axe.run(options).then(({violations}) => violations
          .filter(each => serious.includes(each.impact))
          .flatMap(each => each.nodes.map(node => `${each.id}: ${node.html.slice(0, 140)}`)))""",
        [look.options, SERIOUS],
    )
    return found


def layout(page: Page) -> list[str]:
    """Say what sticks out, is cut, is too small to tap or lies below a bar."""
    page.wait_for_load_state()
    found: list[str] = page.evaluate("look.layout()")
    return found


def frame(page: Page) -> list[str]:
    """Say what is wrong with headings, landmarks, title, ids and the order of the keys."""
    found: list[str] = page.evaluate("look.frame()")
    return found


def keys(page: Page, *, with_bars: bool) -> list[str]:
    """Press Tab through a page: every control is reached, in order, and is seen to be."""
    found: list[str] = []
    whole, reached = page.evaluate("look.reachable()")
    if with_bars:
        reached = 0
    else:
        # As one is after the link that skips them.
        page.locator("main").focus()
    last = min(whole, reached + TABS_A_PAGE)
    while 0 <= reached < last:
        at, wrong = _next_stop(page, reached)
        if at != reached:
            name = page.evaluate("at => look.nameOf(at)", reached)
            return [*found, f"Tab came to {at}, not {reached} of {whole}: {name}"]
        if wrong:
            found.append(wrong)
        reached += 1
    return found


def _next_stop(page: Page, reached: int) -> tuple[int, str]:
    """Press Tab, again while it moves within a date or through a box that scrolls."""
    at, wrong = -1, ""
    for _ in range(STOPS_WITHIN):
        page.keyboard.press("Tab")
        at, wrong = page.evaluate("look.focus()")
        if at not in (reached - 1, -1):
            break
    return at, wrong
