"""The production server, without its giving up on workers that die again at once.

In life who starts it starts it again (deploy/qicai.service); here it is to be killed at one place
after another, however fast the machine comes to the next.
"""

from __future__ import annotations

from typing import Any

from granian.cli import entrypoint
from granian.server import common


class NeverLately(dict[int, float]):
    """When workers were begun anew: never, whoever asks."""

    def get(self, key: int, default: Any = None) -> Any:
        return default


def patiently(begin: Any) -> Any:
    def begun(server: Any, *given: Any, **named: Any) -> None:
        begin(server, *given, **named)
        server.respawned_wrks = NeverLately()

    return begun


if __name__ == "__main__":
    common.AbstractServer.__init__ = patiently(common.AbstractServer.__init__)  # type: ignore[method-assign]
    entrypoint()
