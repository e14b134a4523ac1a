"""The parsers of single cells, under one name."""

from app.sheets.cells import is_blank, is_blank_row, is_error, is_total_row, shown
from app.sheets.dates import BadDate, BadTime, Clock, parse_clock, parse_date
from app.sheets.durations import (
    BadDuration,
    DurationOutOfRange,
    DurationWithoutUnit,
    TotalOutOfRange,
    parse_duration,
    parse_total,
)
from app.sheets.points import BadPoints, PointsOutOfRange, parse_points
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
    "BadPoints",
    "BadText",
    "BadTime",
    "Clock",
    "DurationOutOfRange",
    "DurationWithoutUnit",
    "PointsOutOfRange",
    "TotalOutOfRange",
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
    "parse_points",
    "parse_text",
    "parse_total",
    "shown",
]
