"""The list of people as filtered, what a profile says first, and who holds which role."""
