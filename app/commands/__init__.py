"""The flask commands; each calls the operations the pages call."""
