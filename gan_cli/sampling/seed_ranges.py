"""First seeds of the latents that are drawn for one purpose each.

The ranges lie apart from one another, and from the seeds that users look at, so that the choice of
the best checkpoint, its evaluation and the pictures of it rest on different samples.
"""

# Samples scored during training, by which the best checkpoint is chosen.
TRAINING_SCORES = 1_000_000
# Samples that the guard compares with real ones during training.
GUARD = 2_000_000
# Latents that the directions of a latent space are found from.
DIRECTIONS = 3_000_000
# Samples of an evaluation; each seed of an evaluation has its own part of this range.
EVALUATION = 10_000_000
