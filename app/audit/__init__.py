"""The invariants in plain SQL, the canonical dump, backups and the state of the machine.

Nothing here imports a model or an operation: what judges must not rest on what is judged.
"""
