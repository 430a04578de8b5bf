"""Times every architecture's training step, and two layers, against straightforward code.

python -m benchmarks.architectures [NAME ...]

Small networks of 32x32 pixels. The step's baseline is a hand-written loop of the same networks in
float32 that updates in the same order; a grouped convolution is compared with one over all channels
whose kernel is zero outside the groups, a modulated one with weights for each image, in one grouped
convolution, as the authors of StyleGAN2 compute it.
"""

import sys

import keras
import numpy as np
import tensorflow as tf
from rich.console import Console
from rich.table import Table

from benchmarks.step import alternate, time_step
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import Architecture, ModelSpec
from gan_cli.models.layers.equalized import leaky_relu
from gan_cli.models.layers.grouped import GroupedConv2D
from gan_cli.models.layers.modulated import ModulatedConv2D
from gan_cli.training.precision import resolve_precision

SIDE, CHANNELS, BATCH_SIZE, STEPS, ROUNDS = 32, 3, 32, 4, 7
LATENT_DIM = 64


def main() -> None:
    images = [name for name in ARCHITECTURES.names if ARCHITECTURES.load(name).largest > 1]
    names = sys.argv[1:] or images
    unknown = [name for name in names if name not in images]
    if unknown:
        sys.exit(f"error: no architecture {', '.join(unknown)} (known: {', '.join(images)})")
    titles = ("gan-cli", "baseline", "ratio: median", "least", "most")
    table = Table("images per second", *titles)
    for precision in dict.fromkeys(["float32", resolve_precision("auto")]):
        for name in names:
            table.add_row(f"step, {name}, {precision}", *time_architecture(name, precision))
    if not sys.argv[1:]:
        table.add_row("grouped convolution", *time_grouped())
        table.add_row("modulated convolution", *time_modulated())
    Console(width=120).print(table)


def time_architecture(name: str, precision: str) -> tuple[str, ...]:
    architecture: Architecture = ARCHITECTURES.load(name)
    options = dict(architecture.options)
    if "fade_kimg" in options:
        # All resolutions from the first step on.
        options |= {"stable_kimg": 0.0, "fade_kimg": 0.0}
    width = 240 if name == "mlp" else 16
    spec = ModelSpec(
        SIDE, SIDE, CHANNELS, LATENT_DIM, base_channels=width, max_channels=64, options=options
    )
    images = np.random.default_rng(0).integers(0, 256, [512, SIDE, SIDE, CHANNELS], np.uint8)
    return time_step(
        images,
        lambda: (architecture.build_generator(spec), architecture.build_discriminator(spec)),
        batch_size=BATCH_SIZE,
        rounds=ROUNDS,
        steps=STEPS,
        precision=precision,
    )


def time_grouped() -> tuple[str, ...]:
    """Times value and gradients of a 3x3 convolution of 128 channels in groups of 16."""
    images = tf.random.stateless_normal([BATCH_SIZE, SIDE, SIDE, 128], [0, 0])
    grouped = GroupedConv2D(128, 3, padding="same", groups=8, use_bias=False)
    dense = keras.layers.Conv2D(128, 3, padding="same", use_bias=False)
    grouped.build(images.shape)
    dense.build(images.shape)
    kernel = np.zeros(dense.kernel.shape, np.float32)
    for group in range(8):
        own = slice(16 * group, 16 * group + 16)
        kernel[:, :, own, own] = grouped.kernel.numpy()[:, :, :, own]
    dense.kernel.assign(kernel)
    np.testing.assert_allclose(grouped(images), dense(images), atol=1e-4)
    return _alternate_gradients(grouped, dense, [images])


def time_modulated() -> tuple[str, ...]:
    """Times value and gradients of a 3x3 modulated convolution of 64 channels."""
    images = tf.random.stateless_normal([BATCH_SIZE, SIDE, SIDE, 64], [0, 0])
    styles = tf.random.stateless_normal([BATCH_SIZE, LATENT_DIM], [0, 1])
    noise = tf.zeros([1, SIDE, SIDE, 1])
    layer = ModulatedConv2D(64, (SIDE, SIDE))
    layer.build([images.shape, styles.shape, noise.shape])

    def weights_for_each_image(inputs):
        x, styles, noise = inputs
        scales = layer.affine(styles)
        kernels = layer.kernel.value[None] * scales[:, None, None, :, None]
        power = tf.reduce_sum(tf.square(kernels), axis=[1, 2, 3], keepdims=True)
        kernels = kernels * tf.math.rsqrt(power + 1e-8)
        # All images side by side, a group to each.
        x = tf.reshape(tf.transpose(x, [1, 2, 0, 3]), [1, SIDE, SIDE, -1])
        kernels = tf.reshape(tf.transpose(kernels, [1, 2, 3, 0, 4]), [3, 3, 64, -1])
        x = tf.reshape(tf.nn.conv2d(x, kernels, 1, "SAME"), [SIDE, SIDE, BATCH_SIZE, -1])
        return leaky_relu(tf.transpose(x, [2, 0, 1, 3]) + noise + layer.bias.value)

    inputs = [images, styles, noise]
    np.testing.assert_allclose(layer(inputs), weights_for_each_image(inputs), atol=1e-3)
    return _alternate_gradients(layer, weights_for_each_image, inputs)


def _alternate_gradients(ours, theirs, inputs) -> tuple[str, ...]:

    def compiled(call):
        @tf.function
        def run():
            with tf.GradientTape() as tape:
                tape.watch(inputs)
                value = tf.reduce_sum(tf.square(call(inputs if len(inputs) > 1 else inputs[0])))
            weights = [variable for variable in tape.watched_variables()]
            return tape.gradient(value, [*inputs, *weights], unconnected_gradients="zero")

        return lambda: [run()[0].numpy() for _ in range(STEPS)]

    return alternate(compiled(ours), compiled(theirs), STEPS * BATCH_SIZE, ROUNDS)


if __name__ == "__main__":
    main()
