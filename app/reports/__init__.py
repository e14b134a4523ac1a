"""Figures over everything, read only: what a community gives, takes back and still owes."""
