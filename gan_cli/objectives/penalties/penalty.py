"""What a penalty is: a term beside the adversarial loss, of one network's update."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import tensorflow as tf

Discriminate = Callable[[tf.Tensor], tf.Tensor]
DISCRIMINATOR, GENERATOR = "discriminator", "generator"


@dataclass(frozen=True)
class Update:
    """What a penalty may see of the update that it joins.

    Attributes:
      network: which network is updated, `discriminator` or `generator`.
      real, fake: float32 images in [-1, 1], [batch, height, width, channels].
      real_labels, fake_labels: int32 [batch]; None for unconditional networks.
      real_outputs, fake_outputs: what the discriminator returned for them: `logits`, float32
        [batch], and what else the penalty needs. In the generator's update the real ones are there
        only where the loss or a penalty needs them.
      discriminate: images to logits, as the discriminator judges them in this step, augmentation
        and all; it changes nothing, can be differentiated twice, and computes in float32.
      discriminate_fake: the same with the labels of the generated images.
      generate: from a seed and a tape to styles, [batch, layers, width], which the tape watches,
        and the images made from them; for generators that have styles.
      weights: the trainable weights of the network that is updated.
      memory: the penalty's own variables, by name.
      seed: stateless seed, int32 [2].
    """

    network: str
    seed: tf.Tensor
    real: tf.Tensor | None = None
    fake: tf.Tensor | None = None
    real_labels: tf.Tensor | None = None
    fake_labels: tf.Tensor | None = None
    real_outputs: Mapping[str, tf.Tensor] = field(default_factory=dict)
    fake_outputs: Mapping[str, tf.Tensor] = field(default_factory=dict)
    discriminate: Discriminate | None = None
    discriminate_fake: Discriminate | None = None
    generate: Callable[[tf.Tensor, tf.GradientTape], tuple[tf.Tensor, tf.Tensor]] | None = None
    weights: Sequence[tf.Variable] = ()
    memory: Mapping[str, tf.Variable] = field(default_factory=dict)


@dataclass(frozen=True)
class Penalty:
    """A penalty and its usual strength.

    Attributes:
      value: from an `Update` to a float32 tensor, per example or scalar. The step multiplies its
        mean by gamma.
      networks: whose update it may join; the first is the usual one.
      default_gamma: strength where the config names none; None: it depends on loss and size.
      memory: from the weights of the network to the variables that the penalty keeps between steps,
        which are saved in checkpoints.
      needs_outputs: which outputs of the discriminator it reads beside `logits`.
      needs_real_outputs: whether the generator's update must pass real images for it.
      needs_styles: whether it needs a generator with styles.
    """

    value: Callable[[Update], tf.Tensor]
    networks: tuple[str, ...] = (DISCRIMINATOR,)
    default_gamma: float | None = None
    memory: Callable[[Sequence[tf.Variable]], dict[str, tf.Variable]] = lambda weights: {}
    needs_outputs: tuple[str, ...] = ()
    needs_real_outputs: bool = False
    needs_styles: bool = False
