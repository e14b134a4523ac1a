"""The schema in the database: brought to the newest version, its rights given out."""
