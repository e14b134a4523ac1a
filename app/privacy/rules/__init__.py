"""Classes of columns, what erasure makes of them, and what is deleted when; no database."""
