"""The discriminator as the training step uses it: how images are shown to it, and its outputs."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.contract import LOGITS, output_of
from gan_cli.training.passes import Passes

Outputs = dict[str, tf.Tensor]
Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


class Judge:
    """Shows images to a discriminator: transformed, packed and with their labels.

    Args:
      outputs: names of further outputs to return beside `logits`: outputs of the discriminator, or
        its layers.
      transform: from images and a seed to images of the same shape, such as an augmentation;
        applied to real and generated images alike.
      pack: number of images that are judged together, stacked along the channels (PacGAN, Lin et
        al. 2018).
      gradient_model: a discriminator of the same layers that computes in float32, for penalties on
        gradients, because squared half-precision gradients overflow. None: use the discriminator
        itself.
      recompute: see `Passes`.
    """

    def __init__(
        self,
        discriminator: keras.Model,
        outputs: tuple[str, ...] = (),
        transform: Transform | None = None,
        pack: int = 1,
        gradient_model: keras.Model | None = None,
        recompute: bool = False,
    ):
        self.discriminator, self.transform, self.group = discriminator, transform, pack
        own = discriminator.output if isinstance(discriminator.output, dict) else {}
        inner = {n: output_of(discriminator, n) for n in outputs if n not in own}
        asked = discriminator
        if inner:
            given = own or {LOGITS: discriminator.output}
            asked = keras.Model(discriminator.inputs, {**given, **inner})
        self._passes = Passes(asked, recompute)
        self._gradient_passes = Passes(gradient_model or discriminator, recompute)

    def pack(self, images: tf.Tensor) -> tf.Tensor:
        """Stacks images: [batch, h, w, channels] to [batch / pack, h, w, pack * channels]."""
        if self.group == 1:
            return images
        batch, height, width, channels = images.shape
        groups = tf.reshape(images, [batch // self.group, self.group, height, width, channels])
        groups = tf.transpose(groups, [0, 2, 3, 1, 4])
        return tf.reshape(groups, [batch // self.group, height, width, self.group * channels])

    def unpack(self, images: tf.Tensor) -> tf.Tensor:
        """Inverts `pack`."""
        if self.group == 1:
            return images
        packs, height, width, channels = images.shape
        groups = tf.reshape(images, [packs, height, width, self.group, channels // self.group])
        groups = tf.transpose(groups, [0, 3, 1, 2, 4])
        return tf.reshape(groups, [packs * self.group, height, width, channels // self.group])

    def learn(self, images: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor) -> Outputs:
        """Runs the pass of the discriminator's own update, which updates its batch statistics.

        Args:
          images: packed.
        """
        return _named(self._passes.learn(self._shown(images, labels, seed)))

    def judge(self, images: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor) -> Outputs:
        """Returns the same outputs as `learn` without changing the discriminator."""
        return _named(self._passes.forward(self._shown(images, labels, seed)))

    def logits_for_gradients(
        self, images: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns float32 logits that can be differentiated twice, without changing the network."""
        shown = self._shown(images, labels, seed)
        return _named(self._gradient_passes.forward(shown, weights=self.discriminator))[LOGITS]

    def _shown(self, images: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor) -> Any:
        if self.transform is not None:
            images = self.pack(self.transform(self.unpack(images), seed))
        # A discriminator with an auxiliary classifier has no input for labels.
        takes_labels = labels is not None and len(self.discriminator.inputs) > 1
        return [images, labels] if takes_labels else images


def _named(outputs: Any) -> Outputs:
    return outputs if isinstance(outputs, dict) else {LOGITS: outputs}
