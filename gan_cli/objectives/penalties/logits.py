"""Penalties on the discriminator's logits."""

from collections.abc import Sequence

import tensorflow as tf

from gan_cli import replicas
from gan_cli.objectives.penalties.penalty import Penalty, Update


def drift(update: Update) -> tf.Tensor:
    """Returns D(x)^2 on real images, which keeps Wasserstein logits near 0.

    Karras et al. 2018, appendix A.1.
    """
    return tf.square(update.real_outputs["logits"])


def lecam(update: Update, *, decay: float = 0.99) -> tf.Tensor:
    """Returns relu(D(x) - a_F)^2 + relu(a_R - D(G(z)))^2: Tseng et al. 2021, equation 4.

    a_R and a_F are exponential moving averages of D(x) and D(G(z)), which this call moves. They
    start from the first batch's means and keep the logits of real images away from those of
    generated ones.
    """
    real, fake = update.real_outputs["logits"], update.fake_outputs["logits"]
    anchor_real, anchor_fake = update.memory["real"], update.memory["fake"]
    for anchor, logits in ((anchor_real, real), (anchor_fake, fake)):
        mean = replicas.mean(tf.reduce_mean(tf.stop_gradient(logits)))
        # 0 is the initial value alone: as an anchor, it would bias the averages for many steps.
        kept = tf.where(tf.equal(anchor, 0.0), mean, tf.convert_to_tensor(anchor))
        anchor.assign(decay * kept + (1.0 - decay) * mean)
    above, below = tf.nn.relu(real - anchor_fake), tf.nn.relu(anchor_real - fake)
    return tf.square(above) + tf.square(below)


def _anchors(weights: Sequence[tf.Variable]) -> dict[str, tf.Variable]:
    return {name: tf.Variable(0.0, trainable=False) for name in ("real", "fake")}


def consistency(update: Update, *, shift: float = 0.125) -> tf.Tensor:
    """Returns (D(x) - D(T(x)))^2 + (D(G(z)) - D(T(G(z))))^2: Zhao et al. 2021, bCR.

    T flips half of the images left to right and shifts each by up to the fraction `shift` of its
    side, an eighth in the paper's section 2. Both terms have the same strength.
    """
    seeds = tf.unstack(tf.random.split(update.seed, 2))
    sides = (update.discriminate, update.real), (update.discriminate_fake, update.fake)
    terms = [
        tf.square(discriminate(images) - discriminate(flip_and_shift(images, seed, shift)))
        for (discriminate, images), seed in zip(sides, seeds, strict=True)
    ]
    return tf.add_n(terms)


def flip_and_shift(images: tf.Tensor, seed: tf.Tensor, most_shift: float = 0.125) -> tf.Tensor:
    """Flips half of the images left to right and shifts each by whole pixels, edges reflected.

    Args:
      images: [batch, height, width, channels].
      most_shift: the largest shift, as a fraction of the side.
    """
    batch, height, width = tf.shape(images)[0], images.shape[1], images.shape[2]
    flip_seed, row_seed, column_seed = tf.unstack(tf.random.split(seed, 3))
    flip = replicas.uniform([batch, 1, 1, 1], flip_seed) < 0.5
    images = tf.where(flip, tf.reverse(images, [2]), images)
    for axis, side, axis_seed in ((1, height, row_seed), (2, width, column_seed)):
        most = int(side * most_shift)
        shift = replicas.uniform([batch, 1], axis_seed, -most, most + 1, tf.int32)
        positions = tf.abs(tf.range(side)[None] + shift)
        positions = (side - 1) - tf.abs((side - 1) - positions)
        images = tf.gather(images, positions, axis=axis, batch_dims=1)
    return images


DRIFT = Penalty(drift, default_gamma=1e-3)
LECAM = Penalty(lecam, default_gamma=0.3, memory=_anchors, compares_images=True)
CONSISTENCY = Penalty(consistency, default_gamma=10.0)
