"""What changes: schemes, the notice, its corrections and extensions, the final list."""

from app.ranking.operations.answering import confirm, do_alone, refuse, to_carry_out, withdraw
from app.ranking.operations.asking import ask_correction, ask_final, ask_notice
from app.ranking.operations.extending import extend_notice
from app.ranking.operations.schemes import save_scheme

__all__ = [
    "ask_correction",
    "ask_final",
    "ask_notice",
    "confirm",
    "do_alone",
    "extend_notice",
    "refuse",
    "save_scheme",
    "to_carry_out",
    "withdraw",
]
