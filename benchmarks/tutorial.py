"""The baseline: the DCGAN of the usual TensorFlow tutorial, and its hand-written training loop."""

import keras
import numpy as np
import tensorflow as tf

LATENT_DIM = 100


def build_generator() -> keras.Model:
    latents = keras.Input([LATENT_DIM])
    x = keras.layers.Dense(7 * 7 * 256, use_bias=False)(latents)
    x = keras.layers.LeakyReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.Reshape([7, 7, 256])(x)
    for channels, strides in ((128, 1), (64, 2)):
        x = keras.layers.Conv2DTranspose(
            channels, 5, strides=strides, padding="same", use_bias=False
        )(x)
        x = keras.layers.LeakyReLU()(keras.layers.BatchNormalization()(x))
    x = keras.layers.Conv2DTranspose(1, 5, strides=2, padding="same", use_bias=False)(x)
    return keras.Model(latents, keras.layers.Activation("tanh", dtype="float32")(x))


def build_discriminator() -> keras.Model:
    images = keras.Input([28, 28, 1])
    x = images
    for channels in (64, 128):
        x = keras.layers.Conv2D(channels, 5, strides=2, padding="same")(x)
        x = keras.layers.Dropout(0.3)(keras.layers.LeakyReLU()(x))
    logits = keras.layers.Dense(1)(keras.layers.Flatten()(x))
    return keras.Model(images, keras.layers.Reshape([], dtype="float32")(logits))


class HandWrittenLoop:
    """The tutorial's loop: both networks updated from the same passes, with two tapes side by side.

    Args:
      alternating: update D first, then G through the updated D, as the 2014 algorithm and gan-cli
        do; it takes one more pass of D over the generated images.
    """

    def __init__(self, batch_size: int, alternating: bool = False):
        self.generator, self.discriminator = build_generator(), build_discriminator()
        optimizers = [keras.optimizers.Adam(1e-4) for _ in range(2)]
        for optimizer, model in zip(optimizers, (self.generator, self.discriminator), strict=True):
            optimizer.build(model.trainable_variables)
        loss = keras.losses.BinaryCrossentropy(from_logits=True)

        def update(tape, value, model, optimizer) -> None:
            variables = model.trainable_variables
            gradients = tape.gradient(value, [v.value for v in variables])
            optimizer.apply(gradients, variables)

        @tf.function
        def alternating_step(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            latents = tf.random.normal([batch_size, LATENT_DIM])
            with tf.GradientTape() as generator_tape:
                generated = self.generator(latents, training=True)
                with generator_tape.stop_recording(), tf.GradientTape() as discriminator_tape:
                    real = self.discriminator(images, training=True)
                    fake = self.discriminator(generated, training=True)
                    discriminator_loss = loss(tf.ones_like(real), real) + loss(
                        tf.zeros_like(fake), fake
                    )
                with generator_tape.stop_recording():
                    update(
                        discriminator_tape, discriminator_loss, self.discriminator, optimizers[1]
                    )
                fake = self.discriminator(generated, training=True)
                generator_loss = loss(tf.ones_like(fake), fake)
            update(generator_tape, generator_loss, self.generator, optimizers[0])
            return generator_loss, discriminator_loss

        @tf.function
        def step(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            latents = tf.random.normal([batch_size, LATENT_DIM])
            with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
                generated = self.generator(latents, training=True)
                real = self.discriminator(images, training=True)
                fake = self.discriminator(generated, training=True)
                generator_loss = loss(tf.ones_like(fake), fake)
                discriminator_loss = loss(tf.ones_like(real), real) + loss(
                    tf.zeros_like(fake), fake
                )
            update(generator_tape, generator_loss, self.generator, optimizers[0])
            update(discriminator_tape, discriminator_loss, self.discriminator, optimizers[1])
            return generator_loss, discriminator_loss

        self.step = alternating_step if alternating else step

    @staticmethod
    def batches(images: np.ndarray, batch_size: int) -> tf.data.Dataset:
        """uint8 [count, 28, 28, 1] to the tutorial's float32 batches."""
        scaled = (images.astype(np.float32) - 127.5) / 127.5
        dataset = tf.data.Dataset.from_tensor_slices(scaled).shuffle(len(scaled)).repeat()
        return dataset.batch(batch_size, drop_remainder=True).prefetch(2)
