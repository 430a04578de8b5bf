"""Gradient penalties of the discriminator, per example.

A penalty sees the discriminator as a function from float32 images [batch, height, width, channels]
to float32 logits [batch], and returns a float32 tensor [batch] that the step multiplies by gamma.
"""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

Discriminate = Callable[[tf.Tensor], tf.Tensor]


@dataclass(frozen=True)
class Penalty:
    """A penalty and its usual strength.

    Attributes:
      value: (discriminate, real_images, fake_images, seed) -> per-example penalty. `seed` is a
        stateless seed, int32 [2], for penalties that draw random numbers.
      default_gamma: strength where the config names none; None: it depends on image and batch size.
    """

    value: Callable[[Discriminate, tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]
    default_gamma: float | None = None


def squared_gradient_norm(discriminate: Discriminate, images: tf.Tensor) -> tf.Tensor:
    """Squared Euclidean norm of d logit / d image for each image, over all its pixels: [batch]."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        # The sum's gradient holds every example's own: examples do not see one another here.
        total = tf.reduce_sum(discriminate(images))
    gradient = tape.gradient(total, images)
    return tf.reduce_sum(tf.square(gradient), axis=[1, 2, 3])


def r1(discriminate, real_images, fake_images, seed):
    """1/2 ||grad D(x)||^2 on real images: Mescheder et al. 2018, equation 9.

    With the factor 1/2 inside, as in the paper and in StyleGAN; the paper's own code leaves it out.
    """
    return 0.5 * squared_gradient_norm(discriminate, real_images)


def r2(discriminate, real_images, fake_images, seed):
    """1/2 ||grad D(G(z))||^2 on generated images: Mescheder et al. 2018, equation 10."""
    return 0.5 * squared_gradient_norm(discriminate, fake_images)


def wgan_gp(discriminate, real_images, fake_images, seed):
    """(||grad D(x_hat)|| - 1)^2 between real and generated: Gulrajani et al. 2017, equation 3.

    x_hat = x + alpha (G(z) - x), with one alpha ~ U(0, 1) per example.
    """
    alpha = tf.random.stateless_uniform([tf.shape(real_images)[0], 1, 1, 1], seed)
    between = real_images + alpha * (fake_images - real_images)
    # The root has no finite gradient at 0.
    norm = tf.sqrt(squared_gradient_norm(discriminate, between) + 1e-12)
    return tf.square(norm - 1.0)


R1 = Penalty(r1)
R2 = Penalty(r2)
WGAN_GP = Penalty(wgan_gp, default_gamma=10.0)
