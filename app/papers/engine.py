"""WeasyPrint as papers use it: loaded when first needed, with our fonts, fetching nothing far."""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

from app.config import ROOT
from app.papers.rules import FACES, PdfUnavailable

STATIC = ROOT / "static"
# The sheets of templates/papers/base.html, read once; then what only the PDF needs.
SHEETS = ("css/tokens.css", "css/paper.css", "css/paper_pdf.css")
# Pango and fontconfig keep state of their own: one paper at a time in a process.
_ONE_AT_A_TIME = threading.Lock()


class FarAddress(RuntimeError):
    """A paper names what it may not have: a mistake of ours, so nothing is printed."""


class Engine(NamedTuple):
    """What lays pages out."""

    weasyprint: Any
    fonts: Any
    sheets: list[Any]
    fetcher: Any


@contextmanager
def engine() -> Iterator[Engine]:
    """Hold the engine; raises PdfUnavailable where the machine lacks its libraries."""
    with _ONE_AT_A_TIME:
        yield _loaded()


def is_available() -> bool:
    """Tell whether this machine can make PDF files."""
    try:
        with engine():
            return True
    except PdfUnavailable:
        return False


@lru_cache(maxsize=1)
def _loaded() -> Engine:
    weasyprint = _weasyprint()
    fonts = weasyprint.text.fonts.FontConfiguration()
    fetcher = _fetcher(weasyprint)
    given = {"url_fetcher": fetcher, "font_config": fonts}
    faces = weasyprint.CSS(string=_font_faces(), **given)
    sheets = [weasyprint.CSS(filename=STATIC / name, **given) for name in SHEETS]
    return Engine(weasyprint, fonts, [faces, *sheets], fetcher)


def _weasyprint() -> Any:
    try:
        with warnings.catch_warnings():
            # That a machine has no fonts of its own is nothing to us.
            warnings.simplefilter("ignore")
            weasyprint, found = _import()
    except OSError:
        raise PdfUnavailable from None
    if found.harfbuzz_subset is None:
        raise PdfUnavailable
    # It tells of every property it does not know, and of addresses.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    return weasyprint


def _import() -> Any:
    """Import WeasyPrint, which takes two seconds and looks for its libraries."""
    import weasyprint
    from weasyprint.text import ffi

    return weasyprint, ffi


def _font_faces() -> str:
    return "".join(
        f'@font-face {{ font-family: "{face.family}"; src: url("{face.file.as_uri()}"); }}\n'
        for face in FACES
    )


def _fetcher(weasyprint: Any) -> Any:
    """Return what fetches for a paper: data in the page, our static files, our fonts."""
    urls = weasyprint.urls

    class NearFetcher(urls.URLFetcher):  # type: ignore[misc, name-defined]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if not is_near(url):
                # Anything else WeasyPrint would pass over, and print the paper without it.
                raise urls.FatalURLFetchingError(f"A paper may not fetch {url[:80]}")
            return super().fetch(url, headers)

    return NearFetcher(
        allowed_protocols=("data", "file"), allow_redirects=False, fail_on_errors=True
    )


def is_near(url: str) -> bool:
    """Tell whether an address lies in the page itself, in our static folder or is a font."""
    parts = urlsplit(url)
    if parts.scheme == "data":
        return True
    if parts.scheme != "file" or parts.netloc:
        return False
    file = Path(unquote(parts.path)).resolve()
    return file.is_relative_to(STATIC) or file in {face.file.resolve() for face in FACES}
