"""What is between latents and images in a style-based generator: Karras et al. 2019 and 2020."""

import keras
import tensorflow as tf

from gan_cli import replicas


class Clocked(keras.layers.Layer):
    """Draws random numbers that are a function of (seed, images shown): a resumed run draws alike.

    The state of the seed generator is [seed, clock], as Keras has it; the clock is set before every
    step, so that nothing has to be counted during a pass.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator()

    def before_update(self, images_shown: tf.Tensor) -> None:
        state = self.seed_generator.state
        state.assign(tf.stack([state.value[0], tf.cast(images_shown, state.value.dtype)]))

    def seed(self) -> tf.Tensor:
        """int32 [2]."""
        return tf.cast(self.seed_generator.state.value, tf.int32)


@keras.saving.register_keras_serializable("gan_cli")
class Noise(Clocked):
    """Noise times a learned strength, which starts at 0: [batch or 1, height, width, 1].

    Training: new noise for every image. Inference: the same for all, drawn when the layer is built,
    so that an image is a function of its latent.

    Args:
      size: [height, width].
    """

    def __init__(self, size: tuple[int, int], **kwargs):
        super().__init__(**kwargs)
        self.size = tuple(size)

    def build(self, input_shape):
        self.constant = self.add_weight(
            shape=[1, *self.size, 1],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            name="constant",
        )
        self.strength = self.add_weight(shape=[], initializer="zeros", name="strength")

    def call(self, inputs, training=None):
        noise = tf.convert_to_tensor(self.constant)
        if training:
            shape = [tf.shape(inputs)[0], *self.size, 1]
            noise = tf.cast(replicas.normal(shape, self.seed()), noise.dtype)
        return noise * tf.convert_to_tensor(self.strength)

    def compute_output_shape(self, input_shape):
        return None, *self.size, 1

    def get_config(self):
        return super().get_config() | {"size": self.size}


@keras.saving.register_keras_serializable("gan_cli")
class OtherLatents(Clocked):
    """In training, latents drawn anew from N(0, 1), to be mixed with those given; else those."""

    def call(self, inputs, training=None):
        if not training:
            return inputs
        return tf.cast(replicas.normal(tf.shape(inputs), self.seed()), inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape


@keras.saving.register_keras_serializable("gan_cli")
class StyleMixing(Clocked):
    """[styles, other styles], [batch, n] each, to [batch, layers, n]: Karras et al. 2019, sec. 3.1.

    In training and with the given probability, the layers from a random one on get the other
    styles; else all get the first.
    """

    def __init__(self, layers: int, probability: float, **kwargs):
        super().__init__(**kwargs)
        self.layers, self.probability = layers, probability

    def call(self, inputs, training=None):
        styles, others = (x[:, None, :] for x in inputs)
        if not training or not self.probability or self.layers < 2:
            return tf.tile(styles, [1, self.layers, 1])
        seeds = tf.unstack(tf.random.split(self.seed(), 2))
        cut = tf.random.stateless_uniform([], seeds[0], 1, self.layers, tf.int32)
        mixes = tf.random.stateless_uniform([], seeds[1]) < self.probability
        cut = tf.where(mixes, cut, self.layers)
        own = (tf.range(self.layers) < cut)[None, :, None]
        return tf.where(own, styles, others)

    def compute_output_shape(self, input_shape):
        batch, size = input_shape[0]
        return batch, self.layers, size

    def get_config(self):
        return super().get_config() | {"layers": self.layers, "probability": self.probability}


@keras.saving.register_keras_serializable("gan_cli")
class StyleAverage(keras.layers.Layer):
    """Passes styles, [batch, n], on and follows their mean, towards which one may truncate."""

    def __init__(self, momentum: float = 0.998, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, input_shape):
        self.average = self.add_weight(
            shape=[input_shape[-1]],
            initializer="zeros",
            trainable=False,
            dtype="float32",
            name="average",
        )

    def call(self, inputs, training=None):
        if training:
            mean = replicas.mean(tf.reduce_mean(tf.cast(inputs, tf.float32), axis=0))
            average = tf.cast(tf.convert_to_tensor(self.average), tf.float32)
            self.average.assign(mean + self.momentum * (average - mean))
        return inputs

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config() | {"momentum": self.momentum}


@keras.saving.register_keras_serializable("gan_cli")
class LearnedConstant(keras.layers.Layer):
    """One learned picture for every row of its input: [batch, ...] to [batch, *size, channels]."""

    def __init__(self, size: tuple[int, int], channels: int, **kwargs):
        super().__init__(**kwargs)
        self.size, self.channels = tuple(size), channels

    def build(self, input_shape):
        self.picture = self.add_weight(
            shape=[1, *self.size, self.channels],
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            name="picture",
        )

    def call(self, inputs):
        return tf.tile(tf.convert_to_tensor(self.picture), [tf.shape(inputs)[0], 1, 1, 1])

    def compute_output_shape(self, input_shape):
        return input_shape[0], *self.size, self.channels

    def get_config(self):
        return super().get_config() | {"size": self.size, "channels": self.channels}
