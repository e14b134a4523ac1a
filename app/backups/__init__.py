"""Backups that are proven, kept for a year, sealed on request, and brought back whole."""
