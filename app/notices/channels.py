"""How a message leaves the house: what every channel offers, whatever gateway stands behind it."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class Message(NamedTuple):
    """One message, rendered in the language of whoever gets it."""

    # The same at every try of the same message, so that a gateway or a mailbox knows it again.
    id: str
    address: str
    title: str
    text: str


class ChannelFailed(Exception):
    """A message was not sent, or nobody knows (`is_uncertain`).

    `error` is one word of ours, never what a server said, for that may name the address. With
    `is_final` another try would end the same.
    """

    def __init__(self, error: str, *, is_final: bool = False, is_uncertain: bool = False) -> None:
        super().__init__(error)
        self.error = error
        self.is_final = is_final
        self.is_uncertain = is_uncertain


class Channel(Protocol):
    """A way to reach people: e-mail, or a gateway for SMS or WeChat."""

    # As rows name it; never changed.
    code: str
    # As people read it: msgids.
    name: str
    address_label: str

    def address_from(self, typed: str) -> str:
        """Return an address as it is kept, or raise RuleBroken."""

    def can_reach(self, address: str) -> bool:
        """Tell whether an address is one of this channel's."""

    def is_set_up(self) -> bool:
        """Tell whether what is sent really leaves the machine."""

    def send(self, message: Message) -> None:
        """Hand a message over, or raise ChannelFailed."""
