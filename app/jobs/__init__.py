"""Long work with progress: the job's row is queue and truth; knows no subject."""
