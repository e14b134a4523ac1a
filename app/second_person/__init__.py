"""Two people for what weighs most: a second one confirms what the first asked for (SPEC §5)."""
