"""What the person served, or the leader, says of an activity afterwards; never points."""
