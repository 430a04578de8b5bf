"""Penalties on the generator's images."""

from collections.abc import Sequence

import tensorflow as tf

from gan_cli import replicas
from gan_cli.objectives.penalties.penalty import GENERATOR, Penalty, Update


def feature_matching(update: Update) -> tf.Tensor:
    """Returns ||E f(x) - E f(G(z))||^2: Salimans et al. 2016, section 3.1.

    f are the features that the discriminator's last layer reads.
    """
    real, fake = replicas.mean(
        [
            tf.reduce_mean(outputs["features"], axis=0)
            for outputs in (update.real_outputs, update.fake_outputs)
        ]
    )
    return tf.reduce_sum(tf.square(tf.stop_gradient(real) - fake))


def path_lengths(update: Update) -> tf.Tensor:
    """Returns ||J^T y|| for each image of half a batch: float32 [batch / 2].

    J is the Jacobian of the image with respect to its styles; y is an image of noise from N(0, 1),
    divided by the root of the number of pixels. The norm is the root of the mean over layers of the
    squared norm, as in the authors' code.
    """
    generate_seed, noise_seed = tf.unstack(tf.random.split(update.seed, 2))
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        styles, images = update.generate(generate_seed, tape)
        pixels = images.shape[1] * images.shape[2]
        noise = replicas.normal(tf.shape(images), noise_seed) / pixels**0.5
        product = tf.reduce_sum(images * noise)
    gradient = tape.gradient(product, styles)
    return tf.sqrt(tf.reduce_mean(tf.reduce_sum(tf.square(gradient), axis=2), axis=1) + 1e-12)


def path_length(update: Update, *, decay: float = 0.99) -> tf.Tensor:
    """Returns (||J^T y|| - a)^2 for each image: Karras et al. 2020 (StyleGAN2), equation 4.

    a is the moving average of the norms, which are `path_lengths`; each call updates it.
    """
    lengths = path_lengths(update) if update.measured is None else update.measured
    mean = update.memory["mean"]
    moved = mean + (1.0 - decay) * (replicas.mean(tf.reduce_mean(lengths)) - mean)
    mean.assign(tf.stop_gradient(moved))
    return tf.square(lengths - moved)


def _mean(weights: Sequence[tf.Variable]) -> dict[str, tf.Variable]:
    return {"mean": tf.Variable(0.0, trainable=False)}


FEATURE_MATCHING = Penalty(
    feature_matching,
    networks=(GENERATOR,),
    default_gamma=1.0,
    needs_outputs=("features",),
    needs_real_outputs=True,
    compares_images=True,
)
PATH_LENGTH = Penalty(
    path_length,
    networks=(GENERATOR,),
    default_gamma=2.0,
    memory=_mean,
    needs_styles=True,
    measure=path_lengths,
)
