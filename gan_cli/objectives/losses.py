"""Adversarial losses, per example and from logits.

Every function takes and returns float32 tensors of shape [batch]; the training step takes the mean.
Both networks minimise. Logarithms of probabilities are computed from logits, without forming the
probability: `softplus(-x) = -log sigmoid(x)` and `softplus(x) = -log(1 - sigmoid(x))`.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import tensorflow as tf

from gan_cli.options import Option, options_of, with_options

softplus = tf.nn.softplus

# The gamma of r1 and r2 in Mescheder et al. 2018, whatever the size of the images. A hundredth of
# it lets D win on small data sets: docs/objectives.md.
DEFAULT_GAMMA = 10.0
# A relativistic loss takes less, and more on larger images; this is what suits one pixel.
RELATIVISTIC_GAMMA_PER_PIXEL = 0.3 / 28**2


@dataclass(frozen=True)
class Loss:
    """A discriminator loss, the generator loss that goes with it, and what suits the two.

    Keyword-only parameters of the two functions are the loss's options, which a config sets in
    `objective.loss_options`.

    Attributes:
      discriminator: (real_logits, fake_logits, real_target) -> per-example loss. `real_target` is
        the label of real images, 1 unless labels are smoothed.
      generator: (real_logits, fake_logits) -> per-example loss.
      generator_sees_real: whether `generator` depends on `real_logits`, which cost a forward pass.
      has_real_target: whether `discriminator` depends on `real_target`.
      default_penalties: penalties of the discriminator's update where the config names none, each
        with the number of steps from one application to the next.
      default_gamma: (height, width) -> strength of the penalties that have no strength of their
        own, where the config gives none.
      bounded: whether both losses stay within a few units while training goes well, so that the
        guard may take a large one for divergence.
      signed_logits: whether a logit above 0 means "real". It does not where the loss only compares
        logits with each other.
      compares_images: whether an example's loss depends on the logits of others, as on their mean.
        Gradient accumulation then takes the loss of the whole batch, for one more pass.
    """

    discriminator: Callable[..., tf.Tensor]
    generator: Callable[..., tf.Tensor]
    generator_sees_real: bool = False
    has_real_target: bool = False
    default_penalties: Mapping[str, int] = field(default_factory=lambda: {"r1": 16})
    default_gamma: Callable[[int, int], float] = lambda height, width: DEFAULT_GAMMA
    bounded: bool = True
    signed_logits: bool = True
    compares_images: bool = False

    @property
    def options(self) -> dict[str, Option]:
        """Options by name, with their default values."""
        return options_of(self.discriminator, self.generator)

    def with_options(self, options: Mapping[str, Option]) -> "Loss":
        """Returns the loss with these values of its options; the others keep their defaults."""
        return dataclasses.replace(
            self,
            discriminator=with_options(self.discriminator, options),
            generator=with_options(self.generator, options),
        )


def cross_entropy_discriminator(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, real_target: float
) -> tf.Tensor:
    """-(log D(x) + log(1 - D(G(z)))): Goodfellow et al. 2014, equation 1, negated.

    With `real_target` t, the first term is t log D(x) + (1 - t) log(1 - D(x)); only the real side
    is smoothed (Salimans et al. 2016, section 3.4).
    """
    real = real_target * softplus(-real_logits) + (1.0 - real_target) * softplus(real_logits)
    return real + softplus(fake_logits)


def minimax_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """log(1 - D(G(z))): the generator's side of the same value function. Saturates early on."""
    return -softplus(fake_logits)


def non_saturating_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """-log D(G(z)): Goodfellow et al. 2014, section 3."""
    return softplus(-fake_logits)


def least_squares_discriminator(
    real_logits: tf.Tensor,
    fake_logits: tf.Tensor,
    real_target: float,
    *,
    fake_target: float = 0.0,
) -> tf.Tensor:
    """1/2 (D(x) - b)^2 + 1/2 (D(G(z)) - a)^2: Mao et al. 2017, equation 2.

    b is `real_target`, a is `fake_target`; the defaults are those of the paper's equation 9.
    """
    real, fake = real_logits - real_target, fake_logits - fake_target
    return 0.5 * tf.square(real) + 0.5 * tf.square(fake)


def least_squares_generator(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, *, generator_target: float = 1.0
) -> tf.Tensor:
    """1/2 (D(G(z)) - c)^2: Mao et al. 2017, equation 2; c is `generator_target`."""
    return 0.5 * tf.square(fake_logits - generator_target)


def hinge_discriminator(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, real_target: float
) -> tf.Tensor:
    """max(0, 1 - D(x)) + max(0, 1 + D(G(z))): Lim and Ye 2017; Miyato et al. 2018, equation 16."""
    return tf.nn.relu(1.0 - real_logits) + tf.nn.relu(1.0 + fake_logits)


def wasserstein_discriminator(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, real_target: float
) -> tf.Tensor:
    """D(G(z)) - D(x): Arjovsky et al. 2017. Needs weight_clip or a gradient penalty beside it."""
    return fake_logits - real_logits


def negated_fake_logits(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """-D(G(z)): the generator's side of the hinge and Wasserstein losses."""
    return -fake_logits


def relativistic_discriminator(
    real_logits: tf.Tensor, fake_logits: tf.Tensor, real_target: float
) -> tf.Tensor:
    """-log sigmoid(D(x) - D(G(z))), pair by pair: RpGAN, Jolicoeur-Martineau 2019."""
    return softplus(fake_logits - real_logits)


def relativistic_generator(real_logits: tf.Tensor, fake_logits: tf.Tensor) -> tf.Tensor:
    """-log sigmoid(D(G(z)) - D(x)): RpGAN, Jolicoeur-Martineau 2019."""
    return softplus(real_logits - fake_logits)


def relativistic_gamma(height: int, width: int) -> float:
    """The strength of R1 and R2, in proportion to the number of pixels."""
    return RELATIVISTIC_GAMMA_PER_PIXEL * height * width


MINIMAX = Loss(cross_entropy_discriminator, minimax_generator, has_real_target=True)
NON_SATURATING = Loss(cross_entropy_discriminator, non_saturating_generator, has_real_target=True)
LEAST_SQUARES = Loss(least_squares_discriminator, least_squares_generator, has_real_target=True)
HINGE = Loss(hinge_discriminator, negated_fake_logits)
WASSERSTEIN = Loss(
    wasserstein_discriminator,
    negated_fake_logits,
    default_penalties={"wgan_gp": 1},
    bounded=False,
)
RELATIVISTIC = Loss(
    relativistic_discriminator,
    relativistic_generator,
    generator_sees_real=True,
    default_penalties={"r1": 16, "r2": 16},
    default_gamma=relativistic_gamma,
    signed_logits=False,
)
