"""What stands in an archive, what it refuses, how ID numbers are read, sealed and masked."""
