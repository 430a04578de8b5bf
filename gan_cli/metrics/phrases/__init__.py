"""Scores of phrases of music."""
