"""The registry of all operations: how each is tried, and what it should give."""
