"""Layers of generators with styles: Karras et al. 2019 and 2020."""

from typing import Any

import keras
import tensorflow as tf

from gan_cli import replicas


class Clocked(keras.layers.Layer):
    """Base of layers with random numbers that are a function of (seed, images shown).

    A resumed run thus draws the same numbers. As in Keras, the state of the seed generator is
    [seed, counter]. The counter is set to the images shown before every step, and counts on where a
    step has several passes of the generator: there are fewer passes in a step than images.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def before_update(self, images_shown: tf.Tensor) -> None:
        """Sets the counter of the seed generator to the images shown."""
        state = self.seed_generator.state
        state.assign(tf.stack([state.value[0], tf.cast(images_shown, state.value.dtype)]))

    def draw_anew(self) -> None:
        """Counts on, so that the next passes of this step draw other numbers."""
        state = self.seed_generator.state
        state.assign(tf.stack([state.value[0], state.value[1] + 1]))

    def seed(self) -> tf.Tensor:
        """Returns the stateless seed of this step, int32 [2]."""
        return tf.cast(self.seed_generator.state.value, tf.int32)


@keras.saving.register_keras_serializable("gan_cli")
class Noise(Clocked):
    """Returns noise times a learned strength, which starts at 0: [batch or 1, height, width, 1].

    In training, every image gets new noise. At inference, all images get the same noise, drawn when
    the layer is built, so that an image is a function of its latent.

    Args:
      size: [height, width].
    """

    def __init__(self, size: tuple[int, int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = tuple(size)

    def build(self, input_shape: Any) -> None:
        self.constant = self.add_weight(
            shape=[1, *self.size, 1],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            name="constant",
        )
        self.strength = self.add_weight(shape=[], initializer="zeros", name="strength")

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        noise = tf.convert_to_tensor(self.constant)
        if training:
            shape = [tf.shape(inputs)[0], *self.size, 1]
            noise = tf.cast(replicas.normal(shape, self.seed()), noise.dtype)
        return noise * tf.convert_to_tensor(self.strength)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return None, *self.size, 1

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("gan_cli")
class OtherLatents(Clocked):
    """Returns new latents from N(0, 1) in training, for style mixing; else the given latents."""

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        if not training:
            return inputs
        return tf.cast(replicas.normal(tf.shape(inputs), self.seed()), inputs.dtype)

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape


@keras.saving.register_keras_serializable("gan_cli")
class StyleMixing(Clocked):
    """Mixes [styles, other styles], [batch, n] each, to [batch, layers, n].

    Karras et al. 2019, section 3.1. In training, with the given probability, the layers from a
    random one on get the other styles; otherwise all layers get the first styles.
    """

    def __init__(self, layers: int, probability: float, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.layers, self.probability = layers, probability

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        styles, others = (x[:, None, :] for x in inputs)
        if not training or not self.probability or self.layers < 2:
            return tf.tile(styles, [1, self.layers, 1])
        seeds = tf.unstack(tf.random.split(self.seed(), 2))
        cut = tf.random.stateless_uniform([], seeds[0], 1, self.layers, tf.int32)
        mixes = tf.random.stateless_uniform([], seeds[1]) < self.probability
        cut = tf.where(mixes, cut, self.layers)
        own = (tf.range(self.layers) < cut)[None, :, None]
        return tf.where(own, styles, others)

    def compute_output_shape(self, input_shape: Any) -> Any:
        batch, size = input_shape[0]
        return batch, self.layers, size

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"layers": self.layers, "probability": self.probability}


@keras.saving.register_keras_serializable("gan_cli")
class StyleAverage(keras.layers.Layer):
    """Passes on styles, [batch, n], and tracks their mean, which truncation needs.

    The momentum is that of StyleGAN2's code; StyleGAN3's is 0.998.
    """

    def __init__(self, momentum: float = 0.995, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, input_shape: Any) -> None:
        self.average = self.add_weight(
            shape=[input_shape[-1]],
            initializer="zeros",
            trainable=False,
            dtype="float32",
            name="average",
        )

    def call(self, inputs: tf.Tensor, training: bool | None = None) -> tf.Tensor:
        if training:
            mean = replicas.mean(tf.reduce_mean(tf.cast(inputs, tf.float32), axis=0))
            average = tf.cast(tf.convert_to_tensor(self.average), tf.float32)
            self.average.assign(mean + self.momentum * (average - mean))
        return inputs

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"momentum": self.momentum}


@keras.saving.register_keras_serializable("gan_cli")
class LearnedConstant(keras.layers.Layer):
    """Returns one learned picture for every row: [batch, ...] to [batch, *size, channels]."""

    def __init__(self, size: tuple[int, int], channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size, self.channels = tuple(size), channels

    def build(self, input_shape: Any) -> None:
        self.picture = self.add_weight(
            shape=[1, *self.size, self.channels],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="picture",
        )

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.tile(tf.convert_to_tensor(self.picture), [tf.shape(inputs)[0], 1, 1, 1])

    def compute_output_shape(self, input_shape: Any) -> Any:
        return input_shape[0], *self.size, self.channels

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"size": self.size, "channels": self.channels}
