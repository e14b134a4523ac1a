"""XLSX and CSV in and out, hostile files bounded; knows no subject."""
