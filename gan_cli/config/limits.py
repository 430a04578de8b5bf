"""Bounds that the config and the parts of the program share."""

# Generated samples of one evaluation. With fewer, no figure means anything.
FEWEST_IMAGES = 10
# Held-out samples of one evaluation: density and coverage need a fifth neighbour.
FEWEST_HELD_OUT = 6
# Images from which on a data set of the default `holdout_fraction` has that many.
FEWEST_TO_EVALUATE = 60
