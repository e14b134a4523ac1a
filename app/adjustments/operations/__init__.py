"""What changes: ask, confirm, refuse, withdraw, or do alone what nobody could confirm."""

from app.adjustments.operations.answering import confirm, do_alone, refuse, withdraw
from app.adjustments.operations.asking import ask_adjustment, ask_cover

__all__ = ["ask_adjustment", "ask_cover", "confirm", "do_alone", "refuse", "withdraw"]
