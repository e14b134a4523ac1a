"""The translations check sees each way a catalogue can fall short."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog

from tests.check_translations import complaints


def catalogue(*messages: tuple[object, object], flags: tuple[str, ...] = ()) -> Catalog:
    made = Catalog("zh_Hans")
    for original, translated in messages:
        made.add(original, translated, flags=flags)  # type: ignore[arg-type]
    return made


def test_a_complete_catalogue_has_no_complaints() -> None:
    template = catalogue(("%(count)s rows", ""), (("one row", "%(count)s rows"), ("", "")))
    complete = catalogue(
        ("%(count)s rows", "%(count)s 行"), (("one row", "%(count)s rows"), ("%(count)s 行",))
    )
    assert list(complaints(template, complete)) == []


@pytest.mark.parametrize(
    ("translated", "complaint"),
    [
        ("", "not translated"),
        ("行", "other placeholders"),
        ("%(number)s 行", "other placeholders"),
        ("%(count)s 行，100%", "other placeholders"),
    ],
)
def test_a_translation_that_falls_short_is_named(translated: str, complaint: str) -> None:
    template = catalogue(("%(count)s rows", ""))
    found = list(complaints(template, catalogue(("%(count)s rows", translated))))
    assert [line.split(":")[0] for line in found] == [complaint]


def test_missing_fuzzy_and_stale_sentences_are_named() -> None:
    template = catalogue(("Kept", ""), ("New", ""))
    found = list(complaints(template, catalogue(("Kept", "留"), ("Gone", "走"), flags=("fuzzy",))))
    assert found == ["fuzzy: 'Kept'", "missing: 'New'", "no code says it any more: 'Gone'"]
