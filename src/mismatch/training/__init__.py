"""Rebuilding every shipped number from the corpora: ``python -m mismatch.training``."""
