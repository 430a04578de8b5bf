"""Bounds that the config and the parts of the program share."""

# Generated samples of one evaluation. With fewer, no figure means anything.
FEWEST_IMAGES = 10
# Samples of one command, whose numbers must fit in memory.
MOST_IMAGES = 100_000_000
