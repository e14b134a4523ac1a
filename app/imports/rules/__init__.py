"""What a row of a sheet says, and what becomes of it, without a look at the database."""
