"""What a guide is made of."""

from __future__ import annotations

from typing import NamedTuple


class Step(NamedTuple):
    """One thing to do: how, and on which page of the site."""

    title: str
    lines: list[str]
    path: str
    icon: str


class Guide(NamedTuple):
    """What somebody in a role does, and what is good to know besides."""

    role: str
    title: str
    lead: str
    steps: list[Step]
    rules: list[str]
