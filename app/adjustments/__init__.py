"""Adjustments of a balance, and undoing with the missing part covered: both take two people."""
