"""Fill in a person's details; enter, answer and withdraw what stands in their archive."""

from app.archive.operations.details import change_details, change_document, show_document
from app.archive.operations.entering import (
    add_commendation,
    add_complaint,
    add_training,
    answer_complaint,
    withdraw_entry,
)
from app.archive.operations.exporting import ask_export, note_download

__all__ = [
    "add_commendation",
    "add_complaint",
    "add_training",
    "answer_complaint",
    "ask_export",
    "change_details",
    "change_document",
    "note_download",
    "show_document",
    "withdraw_entry",
]
