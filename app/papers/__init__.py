"""A4 pages as PDF with embedded Chinese fonts; knows no subject."""
