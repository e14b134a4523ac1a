"""What is seen of a running instance from outside: health, figures, a line for each request."""
