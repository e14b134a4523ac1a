"""Kinds of arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from flask_babel import gettext as _


class _NamedPath(click.Path):
    """A path that has a name: an unset variable of a shell is none, and means no folder."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not str(value):
            self.fail(_("it is empty"), param, ctx)
        return super().convert(value, param, ctx)


A_PATH = _NamedPath(path_type=Path)
# What numbers of rows there are at all.
AN_ID = click.IntRange(1, 2**63 - 1)
