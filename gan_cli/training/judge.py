"""The discriminator as the training step uses it: how images are shown to it, and its outputs."""

from collections.abc import Callable
from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.contract import LOGITS, output_of

Outputs = dict[str, tf.Tensor]
Transform = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def forward(model: keras.Model, inputs: Any, weights: keras.Model | None = None) -> Any:
    """Runs a training-mode pass that leaves the model's buffers unchanged.

    A network does not change while the other one learns: updates of batch statistics are dropped.

    Args:
      weights: a model of the same layers whose weights are used; by default `model` itself.
    """
    weights = weights or model
    outputs, _ = model.stateless_call(
        [v.value for v in weights.trainable_variables],
        [v.value for v in weights.non_trainable_variables],
        inputs,
        training=True,
    )
    return outputs


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
    """

    def __init__(
        self,
        discriminator: keras.Model,
        outputs: tuple[str, ...] = (),
        transform: Transform | None = None,
        pack: int = 1,
        gradient_model: keras.Model | None = None,
    ):
        self.discriminator, self.transform, self.group = discriminator, transform, pack
        self.gradient_model = gradient_model or discriminator
        own = discriminator.output if isinstance(discriminator.output, dict) else {}
        inner = {n: output_of(discriminator, n) for n in outputs if n not in own}
        self._model = discriminator
        if inner:
            given = own or {LOGITS: discriminator.output}
            self._model = keras.Model(discriminator.inputs, {**given, **inner})

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
        return _named(self._model(self._shown(images, labels, seed), training=True))

    def judge(self, images: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor) -> Outputs:
        """Returns the same outputs as `learn` without changing the discriminator."""
        return _named(forward(self._model, self._shown(images, labels, seed)))

    def logits_for_gradients(
        self, images: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor
    ) -> tf.Tensor:
        """Returns float32 logits that can be differentiated twice, without changing the network."""
        shown = self._shown(images, labels, seed)
        return _named(forward(self.gradient_model, shown, weights=self.discriminator))[LOGITS]

    def _shown(self, images: tf.Tensor, labels: tf.Tensor | None, seed: tf.Tensor) -> Any:
        if self.transform is not None:
            images = self.pack(self.transform(self.unpack(images), seed))
        # A discriminator with an auxiliary classifier has no input for labels.
        takes_labels = labels is not None and len(self.discriminator.inputs) > 1
        return [images, labels] if takes_labels else images


def _named(outputs: Any) -> Outputs:
    return outputs if isinstance(outputs, dict) else {LOGITS: outputs}
