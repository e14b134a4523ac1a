"""Are all sentences translated? `python -m tests.check_translations`, a step of ./test.

Red on a sentence that a catalogue lacks, leaves empty or fuzzy, keeps although no code says it,
or whose %(placeholders)s differ from the English ones.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.frontend import CommandLineInterface
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
KEYWORDS = ("N_", "_l", "lazy_gettext")
SOURCES = ("app", "templates")
PLACEHOLDER = re.compile(r"%\((\w+)\)[sdr]")


def extract(target: Path) -> None:
    """Write all sentences of code and pages as a template."""
    keywords = [word for keyword in KEYWORDS for word in ("-k", keyword)]
    CommandLineInterface().run(
        [
            *("pybabel", "--quiet", "extract", "-F", str(ROOT / "babel.cfg"), *keywords),
            *("--no-location", "--sort-output", "--omit-header", "-o", str(target)),
            *(str(ROOT / source) for source in SOURCES if (ROOT / source).is_dir()),
        ]
    )


def complaints(template: Catalog, catalog: Catalog) -> Iterator[str]:
    """Yield what a catalogue lacks, has too much or says differently."""
    for wanted in template:
        if wanted.id:
            yield from about(wanted, catalog.get(wanted.id, wanted.context))
    for known in catalog:
        if known.id and template.get(known.id, known.context) is None:
            yield f"no code says it any more: {shown(known)}"


def about(wanted: Message, found: Message | None) -> Iterator[str]:
    if found is None:
        yield f"missing: {shown(wanted)}"
        return
    if found.fuzzy:
        yield f"fuzzy: {shown(wanted)}"
    for translated in forms(found.string):
        if not translated:
            yield f"not translated: {shown(wanted)}"
        elif not says_the_same(forms(wanted.id), translated):
            yield f"other placeholders: {shown(wanted)} → {translated!r}"


def says_the_same(originals: Sequence[str], translated: str) -> bool:
    """Tell whether a translation names all figures, no unknown ones, and can be filled in.

    A singular may leave its number out ("one row"), so the last, plural, form decides.
    """
    known = {name for original in originals for name in PLACEHOLDER.findall(original)}
    named = set(PLACEHOLDER.findall(translated))
    if not set(PLACEHOLDER.findall(originals[-1])) <= named <= known:
        return False
    if not known:
        return True
    try:
        return bool(translated % dict.fromkeys(known, 0))
    except (ValueError, TypeError, KeyError):
        return False


def forms(text: str | Sequence[str] | None) -> list[str]:
    return [text or ""] if text is None or isinstance(text, str) else list(text)


def shown(message: Message) -> str:
    return repr(forms(message.id)[0])


def check() -> int:
    """Print every complaint of every catalogue; 1 when there is one."""
    with tempfile.TemporaryDirectory() as folder:
        extract(target := Path(folder) / "messages.pot")
        with target.open("rb") as file:
            template = read_po(file)
    found = [
        f"{locale}: {complaint}"
        for locale in LOCALES
        for complaint in complaints(template, catalogue(locale))
    ]
    for line in found:
        print(line)
    print(f"{len(template)} sentences, {len(LOCALES)} catalogues, {len(found)} complaints")
    return 1 if found else 0


def catalogue(locale: str) -> Catalog:
    path = ROOT / "translations" / locale / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale)
    with path.open("rb") as file:
        return read_po(file, locale=locale)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.check_translations")
    parser.add_argument("--extract", type=Path, metavar="POT", help="only write the template")
    options = parser.parse_args(arguments)
    if options.extract:
        extract(options.extract)
        return 0
    return check()


if __name__ == "__main__":
    sys.exit(main())
