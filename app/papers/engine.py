"""WeasyPrint as papers use it: loaded when first needed, with our fonts, fetching nothing far."""

from __future__ import annotations

import logging
import os
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit
from xml.sax.saxutils import escape

from app.config import ROOT
from app.papers.rules import FACES, Face, PdfUnavailable

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
    weasyprint, libraries = _weasyprint()
    fonts = weasyprint.text.fonts.FontConfiguration()
    for face in FACES:
        _add_face(libraries, fonts, face)
    fetcher = _fetcher(weasyprint)
    given = {"url_fetcher": fetcher, "font_config": fonts}
    sheets = [weasyprint.CSS(filename=STATIC / name, **given) for name in SHEETS]
    return Engine(weasyprint, fonts, sheets, fetcher)


def _weasyprint() -> tuple[Any, Any]:
    try:
        with warnings.catch_warnings():
            # That a machine has no fonts of its own is nothing to us.
            warnings.simplefilter("ignore")
            weasyprint, libraries = _import()
    except OSError:
        raise PdfUnavailable from None
    if libraries.harfbuzz_subset is None:
        raise PdfUnavailable
    # It tells of every property it does not know, and of addresses.
    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    return weasyprint, libraries


def _import() -> tuple[Any, Any]:
    """Import WeasyPrint, which takes two seconds and looks for its libraries."""
    import weasyprint
    from weasyprint.text import ffi

    return weasyprint, ffi


def _add_face(libraries: Any, fonts: Any, face: Face) -> None:
    """Let a font be found where it lies under its family.

    A @font-face rule would copy every font into the folder for temporary files, 44 MB a process,
    and leave them there when it is killed.
    """
    place = face.file.as_posix()
    naming = f"""<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">
        <fontconfig><match target="scan">
        <test name="file" compare="eq"><string>{escape(place)}</string></test>
        <edit name="family" mode="prepend"><string>{face.family}</string></edit>
        </match></fontconfig>"""
    config = fonts._config
    libraries.fontconfig.FcConfigParseAndLoadFromMemory(config, naming.encode(), True)
    libraries.fontconfig.FcConfigAppFontAddFile(config, os.fsencode(place))
    libraries.pangoft2.pango_fc_font_map_config_changed(
        libraries.ffi.cast("PangoFcFontMap *", fonts.font_map)
    )


def _fetcher(weasyprint: Any) -> Any:
    """Return what fetches for a paper: data in the page, our static files."""
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
    """Tell whether an address lies in the page itself or in our static folder."""
    parts = urlsplit(url)
    if parts.scheme == "data":
        return True
    if parts.scheme != "file" or parts.netloc:
        return False
    return Path(unquote(parts.path)).resolve().is_relative_to(STATIC)
