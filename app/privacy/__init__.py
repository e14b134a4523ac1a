"""What is kept of whom, why and how long: consents, exports, erasure, what is deleted in time."""
