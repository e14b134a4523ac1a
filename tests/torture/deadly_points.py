"""The places at which tests/torture/deadly.py can die, in the order a request comes by."""

BEFORE_COMMIT = ("before_key", "after_key", "before_posting", "after_posting", "before_commit")
AFTER_COMMIT = ("after_commit", "before_answer", "after_answer")
POINTS = BEFORE_COMMIT + AFTER_COMMIT
# And those of tests/torture/deadly_worker.py, in the order a job comes by.
JOB_POINTS = ("claimed", "mid_effect", "job_before_commit", "job_after_commit")
