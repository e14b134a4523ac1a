"""The measured claims: `make bench` prints each as a ratio to the raw driver, in one run."""
