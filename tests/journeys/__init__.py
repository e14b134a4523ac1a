"""Journeys through the whole program: production server, real browser, both databases."""
