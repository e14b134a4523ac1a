"""The audit as a page, as a job and as the work of the night: runs app/audit, keeps app/audits."""
