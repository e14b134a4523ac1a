"""Which operations are a look at personal data: at one person's, or at a list of many."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from app.errors import N_

ABOUT_ONE: Mapping[str, str] = {
    "show_phone": N_("Full phone number looked at"),
    "archive.show_document": N_("Full ID number looked at"),
    "archive.export_full": N_("Full ID number and phone handed out in an export"),
    "archive.download": N_("The archive was taken out as a file"),
    "export_own_data": N_("All data kept about them was put into a file"),
    "begin_acting": N_("Somebody began to act for them on a device"),
}
# Of an organisation with all below it: everybody there stands in the list.
LISTS: Mapping[str, str] = {
    "archive.export": N_("The archives of everybody were taken out as a workbook"),
    "people.export": N_("The list of people was taken out as a sheet"),
    "minors.export": N_("The list of minors was taken out as a sheet"),
    "integrity.export": N_("A list of the records check was taken out as a sheet"),
    "expiry.export": N_("The list of expiring points was taken out as a sheet"),
    "report.export": N_("A report was taken out as a sheet"),
    "trail.export": N_("The trail was taken out as a sheet"),
    "access.export": N_("The list of who looked at data was taken out as a sheet"),
}
LOOKS: Mapping[str, str] = {**ABOUT_ONE, **LISTS}


def day_begins(on: date, zone: str) -> datetime:
    """Return the instant at which a civil date begins in a time zone."""
    return datetime.combine(on, time(), ZoneInfo(zone))
