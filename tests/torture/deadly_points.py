"""The places at which tests/torture/deadly.py can die, in the order a request comes by."""

POINTS = ("before_key", "after_key", "after_posting", "before_commit", "after_commit")
# And those of tests/torture/deadly_worker.py, in the order a job comes by.
JOB_POINTS = ("claimed", "mid_effect", "job_before_commit", "job_after_commit")
