"""Make PDFs of pages written in HTML: one paper, or many papers as one file."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import segno

from app.papers.engine import STATIC, Engine, FarAddress, engine
from app.papers.rules import Bounds, PaperTooLong, PaperTooSlow

# Of a QR's modules so many may be lost: paper is folded and worn.
ERROR_LEVEL = "m"
BOUNDS = Bounds()
PAPERS_A_PART = 50


def pdf_of(html: str, bounds: Bounds = BOUNDS) -> bytes:
    """Return one paper as PDF; raises PdfUnavailable where libraries are missing."""
    return joined_pdf([html], bounds=bounds)


def joined_pdf(
    papers: Iterable[str],
    said: Callable[[int], None] = lambda _done: None,
    bounds: Bounds = BOUNDS,
) -> bytes:
    """Return many papers as one PDF; `said` hears how many are done.

    Each paper counts its own pages. The papers are asked for one after another, and never more
    than a few lie there laid out: a thousand would fill a small machine.
    """
    until = time.monotonic() + bounds.seconds
    parts: list[bytes] = []
    waiting: list[Any] = []
    count = 0
    for number, html in enumerate(papers, start=1):
        # Held per paper, so that a page somebody waits for comes between two of a batch.
        with engine() as held:
            waiting.append(_laid_out(held, html, bounds))
        count += len(waiting[-1].pages)
        if count > bounds.pages:
            raise PaperTooLong(pages=bounds.pages)
        if time.monotonic() > until:
            raise PaperTooSlow(minutes=bounds.seconds // 60)
        if len(waiting) == PAPERS_A_PART:
            parts.append(_written(waiting))
            waiting = []
        said(number)
    if waiting:
        parts.append(_written(waiting))
    return parts[0] if len(parts) == 1 else _merged(parts)


def qr_svg(text: str) -> str:
    """Return a QR as a data: address for an image; never a Micro QR, which phones cannot read."""
    out = BytesIO()
    segno.make_qr(text, error=ERROR_LEVEL).save(
        out, kind="svg", xmldecl=False, omitsize=True, svgclass=None, lineclass=None, nl=False
    )
    return "data:image/svg+xml;base64," + b64encode(out.getvalue()).decode()


def _laid_out(held: Engine, html: str, bounds: Bounds) -> Any:
    if len(html.encode()) > bounds.html_bytes:
        raise PaperTooLong(pages=bounds.pages)
    weasyprint = held.weasyprint
    page = weasyprint.HTML(string=html, base_url=STATIC.as_uri() + "/", url_fetcher=held.fetcher)
    try:
        return page.render(font_config=held.fonts, stylesheets=held.sheets)
    except weasyprint.urls.FatalURLFetchingError as error:
        # No Exception: it would end a worker.
        raise FarAddress(str(error)) from None


def _written(documents: list[Any]) -> bytes:
    """Return laid out papers as one PDF with each font once."""
    pages = [page for document in documents for page in document.pages]
    with engine():
        written: bytes = documents[0].copy(pages).write_pdf()
    return written


def _merged(parts: list[bytes]) -> bytes:
    # Only who joins papers pays for it.
    from pypdf import PdfReader, PdfWriter

    out, merged = BytesIO(), PdfWriter()
    for part in parts:
        merged.append(BytesIO(part), import_outline=False)
    merged.metadata = PdfReader(BytesIO(parts[0])).metadata
    merged.write(out)
    return out.getvalue()
