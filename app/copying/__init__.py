"""Move a community that outgrew its SQLite file to PostgreSQL, and lose nothing on the way."""
