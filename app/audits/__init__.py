"""What became of each audit: kept, told once, and when the next is due."""
