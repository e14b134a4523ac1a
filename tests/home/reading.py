"""What the tests of the desk read off its page."""

from __future__ import annotations

import re


def todo_of(page: str) -> dict[str, int]:
    """Return the counts of what waits by the page each leads to; lines without one are left out."""
    card = page[page.index('id="h-todo"') :].split("</section>")[0]
    links = re.findall(r'href="([^"]+)">(.*?)</a>', card, re.S)
    counts = {url: re.search(r'q-badge--lg">([\d,]+)<', inner) for url, inner in links}
    return {url: int(found[1].replace(",", "")) for url, found in counts.items() if found}
