"""Parts of large tensors are never taken by `x[:, a:b]`, whose gradient is slow on CPUs."""

import dataclasses

import pytest
import tensorflow as tf

from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec
from gan_cli.models.layers.resample import Cropping, cropped
from gan_cli.objectives.augment.ada_color import Color, recolor
from gan_cli.objectives.augment.channels import divided

# Sides that halve to odd ones; beside images the layers' parts are small.
SPEC = ModelSpec(height=28, width=28, channels=3, latent_dim=8, base_channels=8, max_channels=8)
BATCH = 4
MOST = 28 * 28


def sizes_of_slow_gradients(function, *inputs):
    """Traces gradients of gradients; returns how large the slow ones are."""

    @tf.function(autograph=False)
    def compute(*inputs):
        with tf.GradientTape() as outer:
            outer.watch(inputs)
            with tf.GradientTape() as inner:
                inner.watch(inputs)
                value = tf.reduce_sum(tf.square(function(*inputs)))
            gradients = inner.gradient(value, inputs)
            penalty = sum(tf.reduce_sum(tf.square(each)) for each in gradients)
        return outer.gradient(penalty, inputs)

    graph = compute.get_concrete_function(*inputs).graph
    graphs = [graph, *(g for g in graph._functions.values() if hasattr(g, "graph"))]
    operations = [o for each in graphs for o in getattr(each, "graph", each).get_operations()]
    slow = [o.outputs[0].shape for o in operations if o.type == "StridedSliceGrad"]
    return [shape.num_elements() or MOST + 1 for shape in slow]


def first(outputs):
    return outputs["logits"] if isinstance(outputs, dict) else outputs


@pytest.mark.parametrize(
    "name", [name for name in ARCHITECTURES.names if name not in ("points_mlp", "choir", "musegan")]
)
def test_no_architecture_takes_large_parts_slowly(name):
    architecture = ARCHITECTURES.load(name)
    options = dict(architecture.options)
    if "output" in options:
        options["output"] = "softmax"
    spec = dataclasses.replace(SPEC, options=options)
    generator, discriminator = (
        build(spec) for build in (architecture.build_generator, architecture.build_discriminator)
    )
    latents = tf.zeros([BATCH, spec.latent_dim])
    images = tf.zeros([BATCH, spec.height, spec.width, spec.channels])
    sizes = sizes_of_slow_gradients(lambda z: generator(z, training=True), latents)
    sizes += sizes_of_slow_gradients(lambda x: first(discriminator(x, training=True)), images)
    assert not [size for size in sizes if size > MOST]


def test_nor_do_colours():
    images = tf.zeros([BATCH, 28, 28, 4])
    ones = tf.ones([BATCH])
    color = Color(*(ones for _ in Color._fields))
    assert not sizes_of_slow_gradients(lambda x: divided(x)[0] * 2.0, images)
    assert max(sizes_of_slow_gradients(lambda x: recolor(x, color), images), default=0) <= MOST


def test_a_crop_is_that_of_a_slice():
    images = tf.random.stateless_normal([2, 6, 5, 3], [1, 2])
    for size in ((6, 5), (5, 5), (6, 4), (5, 4)):
        expected = images[:, : size[0], : size[1]]
        tf.debugging.assert_equal(cropped(images, size), expected)
        tf.debugging.assert_equal(Cropping(size)(images), expected)
        assert Cropping(size).compute_output_shape(images.shape) == expected.shape
