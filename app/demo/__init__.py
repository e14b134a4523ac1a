"""A community that does not exist, with a year behind it, for trying everything out."""
