"""What can be refused, said once and translated at the edge."""

from __future__ import annotations

from typing import Any, ClassVar


def N_(message: str) -> str:
    """Mark a message for translation; the edge translates it."""
    return message


class RuleBroken(Exception):
    """A refusal a person can read: a code, one sentence and its figures.

    `message` is an English msgid with named placeholders, `figures` fills them.
    The edge translates the msgid, formats the figures and shows the sentence.
    """

    code: ClassVar[str] = "not_allowed"
    message: ClassVar[str] = N_("This is not allowed.")

    def __init__(self, **figures: Any) -> None:
        super().__init__(self.code)
        self.figures = figures

    def __str__(self) -> str:
        return self.message % self.figures

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.figures)


def _rebuild(kind: type[RuleBroken], figures: dict[str, Any]) -> RuleBroken:
    return kind(**figures)


class NotFound(RuleBroken):
    """What is asked for does not exist, or lies outside the actor's reach (404)."""

    code = "not_found"
    message = N_("We could not find this.")


class NotAllowed(RuleBroken):
    """The actor reaches the thing but may not do this to it (403)."""

    code = "not_allowed"
    message = N_("You may not do this.")
