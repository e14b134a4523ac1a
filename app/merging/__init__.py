"""Two people who are one: their accounts joined by entries, everything else going along."""
