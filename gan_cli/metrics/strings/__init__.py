"""Scores of short strings."""
