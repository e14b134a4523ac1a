"""The parsers of single cells, under one name."""

from app.sheets.cells import is_blank, is_blank_row, is_error, is_total_row, shown
from app.sheets.dates import BadDate, BadTime, Clock, parse_clock, parse_date
from app.sheets.durations import (
    BadDuration,
    DurationOutOfRange,
    DurationWithoutUnit,
    parse_duration,
)
from app.sheets.texts import (
    BadPhone,
    BadText,
    parse_code,
    parse_list,
    parse_name,
    parse_phone,
    parse_text,
)

__all__ = [
    "BadDate",
    "BadDuration",
    "BadPhone",
    "BadText",
    "BadTime",
    "Clock",
    "DurationOutOfRange",
    "DurationWithoutUnit",
    "is_blank",
    "is_blank_row",
    "is_error",
    "is_total_row",
    "parse_clock",
    "parse_code",
    "parse_date",
    "parse_duration",
    "parse_list",
    "parse_name",
    "parse_phone",
    "parse_text",
    "shown",
]
