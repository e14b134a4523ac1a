"""Certificates as pages show them, the records behind one, the keys that sign."""
