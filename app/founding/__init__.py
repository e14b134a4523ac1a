"""The first minute of an instance: its one community, its teams, rule and first sign-in."""
