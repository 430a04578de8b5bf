"""Adversarial losses, per example and from logits.

Every function takes and returns float32 tensors of shape [batch]; the training step takes the mean.
Both networks minimise. `softplus(-x) = -log sigmoid(x)` and `softplus(x) = -log(1 - sigmoid(x))`
are how the logarithms of probabilities are computed without ever forming the probability.
"""

from collections.abc import Callable
from dataclasses import dataclass

import tensorflow as tf

softplus = tf.nn.softplus


@dataclass(frozen=True)
class Loss:
    """A discriminator loss and the generator loss that goes with it.

    Attributes:
      discriminator: (real_logits, fake_logits, real_target) -> per-example loss. `real_target` is
        the label of real images, 1 but for one-sided label smoothing.
      generator: (real_logits, fake_logits) -> per-example loss.
      generator_sees_real: whether `generator` depends on `real_logits`, which cost a forward pass.
      has_real_target: whether `discriminator` depends on `real_target`.
    """

    discriminator: Callable[[tf.Tensor, tf.Tensor, float], tf.Tensor]
    generator: Callable[[tf.Tensor, tf.Tensor], tf.Tensor]
    generator_sees_real: bool = False
    has_real_target: bool = False


def cross_entropy_discriminator(real_logits, fake_logits, real_target):
    """-(log D(x) + log(1 - D(G(z)))): Goodfellow et al. 2014, equation 1, negated.

    With `real_target` t, the first term is t log D(x) + (1 - t) log(1 - D(x)); only the real side
    is smoothed (Salimans et al. 2016, section 3.4).
    """
    real = real_target * softplus(-real_logits) + (1.0 - real_target) * softplus(real_logits)
    return real + softplus(fake_logits)


def minimax_generator(real_logits, fake_logits):
    """log(1 - D(G(z))): the generator's side of the same value function. Saturates early on."""
    return -softplus(fake_logits)


def non_saturating_generator(real_logits, fake_logits):
    """-log D(G(z)): Goodfellow et al. 2014, section 3."""
    return softplus(-fake_logits)


def least_squares_discriminator(real_logits, fake_logits, real_target):
    """1/2 (D(x) - t)^2 + 1/2 D(G(z))^2: Mao et al. 2017, equation 9 with a = 0, b = c = 1."""
    return 0.5 * tf.square(real_logits - real_target) + 0.5 * tf.square(fake_logits)


def least_squares_generator(real_logits, fake_logits):
    """1/2 (D(G(z)) - 1)^2: Mao et al. 2017, equation 9."""
    return 0.5 * tf.square(fake_logits - 1.0)


def hinge_discriminator(real_logits, fake_logits, real_target):
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))): Lim and Ye 2017; Miyato et al. 2018, equation 16."""
    return tf.nn.relu(1.0 - real_logits) + tf.nn.relu(1.0 + fake_logits)


def wasserstein_discriminator(real_logits, fake_logits, real_target):
    """D(G(z)) - D(x): Arjovsky et al. 2017. Needs weight_clip or a gradient penalty beside it."""
    return fake_logits - real_logits


def negated_fake_logits(real_logits, fake_logits):
    """-D(G(z)): the generator's side of the hinge and Wasserstein losses."""
    return -fake_logits


def relativistic_discriminator(real_logits, fake_logits, real_target):
    """-log sigmoid(D(x) - D(G(z))), pair by pair: RpGAN, Jolicoeur-Martineau 2019."""
    return softplus(fake_logits - real_logits)


def relativistic_generator(real_logits, fake_logits):
    """-log sigmoid(D(G(z)) - D(x)): RpGAN, Jolicoeur-Martineau 2019."""
    return softplus(real_logits - fake_logits)


MINIMAX = Loss(cross_entropy_discriminator, minimax_generator, has_real_target=True)
NON_SATURATING = Loss(cross_entropy_discriminator, non_saturating_generator, has_real_target=True)
LEAST_SQUARES = Loss(least_squares_discriminator, least_squares_generator, has_real_target=True)
HINGE = Loss(hinge_discriminator, negated_fake_logits)
WASSERSTEIN = Loss(wasserstein_discriminator, negated_fake_logits)
RELATIVISTIC = Loss(relativistic_discriminator, relativistic_generator, generator_sees_real=True)
