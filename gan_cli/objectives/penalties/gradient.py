"""Penalties on the discriminator's gradient with respect to images."""

import tensorflow as tf

from gan_cli import replicas
from gan_cli.objectives.penalties.penalty import Discriminate, Penalty, Update


def squared_gradient_norm(discriminate: Discriminate, images: tf.Tensor) -> tf.Tensor:
    """Returns the squared Euclidean norm of d logit / d image for each image: [batch]."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        # The gradient of the sum holds the gradient of each example, as examples are independent.
        total = tf.reduce_sum(discriminate(images))
    gradient = tape.gradient(total, images)
    return tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3])


def distance_from_unit_slope(discriminate: Discriminate, images: tf.Tensor) -> tf.Tensor:
    """Returns (||grad D(x)|| - 1)^2 for each image: [batch]."""
    # The root has no finite gradient at 0.
    norm = tf.sqrt(squared_gradient_norm(discriminate, images) + 1e-12)
    return tf.square(norm - 1.0)


def r1(update: Update) -> tf.Tensor:
    """Returns 1/2 ||grad D(x)||^2 on real images: Mescheder et al. 2018, equation 9.

    The factor 1/2 is that of the paper and of StyleGAN; the paper's own code omits it.
    """
    return 0.5 * squared_gradient_norm(update.discriminate, update.real)


def r2(update: Update) -> tf.Tensor:
    """Returns 1/2 ||grad D(G(z))||^2 on generated images: Mescheder et al. 2018, equation 10."""
    return 0.5 * squared_gradient_norm(update.discriminate_fake, update.fake)


def wgan_gp(update: Update) -> tf.Tensor:
    """Returns (||grad D(x_hat)|| - 1)^2 between images: Gulrajani et al. 2017, equation 3.

    x_hat = x + alpha (G(z) - x), with one alpha ~ U(0, 1) per example.
    """
    alpha = replicas.uniform([tf.shape(update.real)[0], 1, 1, 1], update.seed)
    between = update.real + alpha * (update.fake - update.real)
    return distance_from_unit_slope(update.discriminate, between)


def dragan(update: Update) -> tf.Tensor:
    """Returns (||grad D(x_hat)|| - 1)^2 around real images: Kodali et al. 2017, section 2.4.

    As in the authors' code: x_hat = x + alpha delta, delta = 1/2 std(batch) u with u ~ U(0, 1) for
    each pixel, alpha ~ U(0, 1) for each image. Generated images are not used.
    """
    pixel_seed, alpha_seed = tf.unstack(tf.random.split(update.seed, 2))
    noise = replicas.uniform(tf.shape(update.real), pixel_seed)
    alpha = replicas.uniform([tf.shape(update.real)[0], 1, 1, 1], alpha_seed)
    deviation = update.real_deviation
    if deviation is None:
        deviation = replicas.standard_deviation(update.real)
    around = update.real + alpha * 0.5 * deviation * noise
    return distance_from_unit_slope(update.discriminate, around)


R1 = Penalty(r1)
R2 = Penalty(r2)
WGAN_GP = Penalty(wgan_gp, default_gamma=10.0)
DRAGAN = Penalty(dragan, default_gamma=10.0, needs_real_deviation=True)
