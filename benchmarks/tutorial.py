"""The networks of the DCGAN tutorial of TensorFlow, which most beginners start from."""

import keras

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
