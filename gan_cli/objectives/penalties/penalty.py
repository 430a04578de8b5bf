"""What a penalty is: a term that joins the adversarial loss in the update of one network."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import tensorflow as tf

from gan_cli.options import Option, options_of, with_options

Discriminate = Callable[[tf.Tensor], tf.Tensor]
DISCRIMINATOR, GENERATOR = "discriminator", "generator"


def _absent(*arguments: tf.Tensor) -> tf.Tensor:
    """Stands for a function that an update does not offer."""
    raise ValueError("this update does not offer the function that the penalty calls")


@dataclass(frozen=True)
class Update:
    """What a penalty may see of the update that it joins.

    Attributes:
      network: which network is updated, `discriminator` or `generator`.
      real, fake: float32 images in [-1, 1], [batch, height, width, channels].
      real_labels, fake_labels: int32 [batch]; None for unconditional networks.
      real_outputs, fake_outputs: what the discriminator returned for them: `logits`, float32
        [batch], and the other outputs that the penalty needs. The generator's update has outputs
        for real images only where the loss or a penalty needs them.
      discriminate: from images to logits, as the discriminator judges real images in this step,
        augmented; it changes nothing, can be differentiated twice, and computes in float32. For the
        discriminator's update alone.
      discriminate_fake: the same with the labels of the generated images.
      generate: from a seed and a tape to styles, [batch, layers, width], which the tape watches,
        and the images made from them; for the update of generators that have styles.
      real_deviation: standard deviation of the real images of the whole batch, where gradient
        accumulation deals it out and the penalty needs it; None: that of `real`.
      measured: what the penalty's `measure` returned for the whole batch, where gradient
        accumulation deals it out; else None.
      weights: the trainable weights of the network that is updated.
      memory: the penalty's own variables, by name.
      seed: stateless seed, int32 [2].
    """

    network: str
    seed: tf.Tensor
    real: tf.Tensor = None
    fake: tf.Tensor = None
    real_labels: tf.Tensor | None = None
    fake_labels: tf.Tensor | None = None
    real_outputs: Mapping[str, tf.Tensor] = field(default_factory=dict)
    fake_outputs: Mapping[str, tf.Tensor] = field(default_factory=dict)
    discriminate: Discriminate = _absent
    discriminate_fake: Discriminate = _absent
    generate: Callable[[tf.Tensor, tf.GradientTape], tuple[tf.Tensor, tf.Tensor]] = _absent
    real_deviation: tf.Tensor | None = None
    measured: tf.Tensor | None = None
    weights: Sequence[tf.Variable] = ()
    memory: Mapping[str, tf.Variable] = field(default_factory=dict)


@dataclass(frozen=True)
class Penalty:
    """A penalty and its usual strength.

    Keyword-only parameters of `value` are the penalty's options, which a config sets in `options`
    of the penalty's entry.

    Attributes:
      value: from an `Update` to a float32 tensor, per example or scalar. The step multiplies its
        mean by gamma.
      networks: the networks whose update it may join; the first is the usual one.
      default_gamma: strength where the config gives none; None: the loss and the domain choose it.
      memory: from the weights of the network to the variables that the penalty keeps between steps,
        which are saved in checkpoints.
      needs_outputs: outputs of the discriminator that it reads beside `logits`.
      needs_real_outputs: whether the generator's update must pass real images for it.
      needs_styles: whether it needs a generator with styles.
      needs_real_deviation: whether it reads `real_deviation`.
      compares_images: whether an example's value depends on the outputs for others, as on their
        mean. Gradient accumulation then takes the value for the whole batch at once, after a
        further pass for the outputs; what `discriminate` and `generate` compute is not dealt out.
      measure: from an `Update` with labels, `generate` and `weights` to float32 [n], n in
        proportion to the batch: the part of `value` that gradient accumulation can take slice by
        slice, where `value` compares the results. For the generator's update alone.
    """

    value: Callable[..., tf.Tensor]
    networks: tuple[str, ...] = (DISCRIMINATOR,)
    default_gamma: float | None = None
    memory: Callable[[Sequence[tf.Variable]], dict[str, tf.Variable]] = lambda weights: {}
    needs_outputs: tuple[str, ...] = ()
    needs_real_outputs: bool = False
    needs_styles: bool = False
    needs_real_deviation: bool = False
    compares_images: bool = False
    measure: Callable[[Update], tf.Tensor] | None = None

    @property
    def options(self) -> dict[str, Option]:
        """Options by name, with their default values."""
        return options_of(self.value)

    def with_options(self, options: Mapping[str, Option]) -> "Penalty":
        """Returns the penalty with these values of its options; the others keep their defaults."""
        return dataclasses.replace(self, value=with_options(self.value, options))
