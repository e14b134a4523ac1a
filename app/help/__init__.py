"""How to begin, by role, on the screen and on paper."""
