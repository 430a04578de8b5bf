"""The baseline: a training loop as one would write it by hand."""

from collections.abc import Iterator

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models.contract import before_update


class HandWrittenLoop:
    """A compiled step of the non-saturating game with Keras' Adam and two tapes, and nothing else.

    Args:
      generator, discriminator: unconditional; a discriminator's outputs are logits, or a dict with
        them.
      alternating: update D first, then G through the updated D, as the 2014 algorithm does and
        gan-cli by default; it takes one more pass of D over the generated images. Otherwise both
        are updated from the same passes, as in TensorFlow's DCGAN tutorial.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        batch_size: int,
        alternating: bool = False,
        learning_rate: float = 1e-4,
    ):
        self.generator, self.discriminator, self.batch_size = generator, discriminator, batch_size
        latent_dim = generator.input_shape[-1]
        optimizers = [keras.optimizers.Adam(learning_rate) for _ in range(2)]
        for optimizer, model in zip(optimizers, (generator, discriminator), strict=True):
            optimizer.build(model.trainable_variables)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)

        def judge(images: tf.Tensor) -> tf.Tensor:
            outputs = discriminator(images, training=True)
            return outputs["logits"] if isinstance(outputs, dict) else outputs

        def discriminator_loss(real: tf.Tensor, fake: tf.Tensor) -> tf.Tensor:
            return loss(tf.ones_like(real), real) + loss(tf.zeros_like(fake), fake)

        def update(tape, value, model, optimizer) -> None:
            variables = model.trainable_variables
            gradients = tape.gradient(value, [v.value for v in variables])
            # Such as those of a head that this loss does not ask.
            found = [(g, v) for g, v in zip(gradients, variables, strict=True) if g is not None]
            optimizer.apply_gradients(found)

        def prepare() -> None:
            # Layers with a power iteration or a clock have it moved by whoever trains them.
            for model in (generator, discriminator):
                before_update(model, tf.constant(10**9, tf.int64))

        @tf.function
        def alternating_step(images: tf.Tensor) -> tf.Tensor:
            prepare()
            latents = tf.random.normal([batch_size, latent_dim])
            with tf.GradientTape() as generator_tape:
                generated = generator(latents, training=True)
                with generator_tape.stop_recording():
                    with tf.GradientTape() as discriminator_tape:
                        value = discriminator_loss(judge(images), judge(generated))
                    update(discriminator_tape, value, discriminator, optimizers[1])
                fake = judge(generated)
                generator_loss = loss(tf.ones_like(fake), fake)
            update(generator_tape, generator_loss, generator, optimizers[0])
            return generator_loss

        @tf.function
        def simultaneous_step(images: tf.Tensor) -> tf.Tensor:
            prepare()
            latents = tf.random.normal([batch_size, latent_dim])
            with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
                generated = generator(latents, training=True)
                real, fake = judge(images), judge(generated)
                generator_loss = loss(tf.ones_like(fake), fake)
                value = discriminator_loss(real, fake)
            update(generator_tape, generator_loss, generator, optimizers[0])
            update(discriminator_tape, value, discriminator, optimizers[1])
            return generator_loss

        self.step = alternating_step if alternating else simultaneous_step

    def batches(self, images: np.ndarray) -> Iterator[tf.Tensor]:
        """uint8 [count, height, width, channels] to float32 batches, endlessly, as one does it."""
        scaled = (images.astype(np.float32) - 127.5) / 127.5
        dataset = tf.data.Dataset.from_tensor_slices(scaled).shuffle(len(scaled)).repeat()
        return iter(dataset.batch(self.batch_size, drop_remainder=True).prefetch(2))
