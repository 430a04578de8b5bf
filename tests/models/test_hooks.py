"""The hooks and names by which gan-cli asks networks for more than their outputs."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from gan_cli.models import ARCHITECTURES, contract
from gan_cli.models.contract import ModelSpec


class Hooked(keras.layers.Layer):
    """Has every hook, and records what it is asked."""

    def __init__(self, factor):
        super().__init__()
        self.factor, self.always_whole, self.calls = factor, False, []

    def call(self, inputs):
        return inputs

    def before_update(self, images_shown):
        self.calls.append(int(images_shown))

    def view_of_reals(self, images):
        return images * self.factor

    def fix_for_export(self):
        self.calls.append("fixed")

    @property
    def inner_activation_bytes(self):
        return 7


class Outer(keras.layers.Layer):
    """Holds a hooked layer as an attribute."""

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def call(self, inputs):
        return self.inner(inputs)


@pytest.fixture
def hooked():
    """A model with three hooked layers: its own, one in an inner model, one within a layer."""
    layers = [Hooked(2.0), Hooked(3.0), Hooked(5.0)]
    inner_input = keras.Input([4, 4, 1])
    inner = keras.Model(inner_input, layers[1](inner_input))
    images = keras.Input([4, 4, 1])
    x = Outer(layers[2])(inner(layers[0](images)))
    return keras.Model(images, keras.layers.Flatten(name="features")(x)), layers


def test_hooks_are_called_on_layers_however_deep(hooked):
    model, layers = hooked
    contract.before_update(model, tf.constant(12, tf.int64))
    contract.fix_for_export(model)
    assert [layer.calls for layer in layers] == [[12, "fixed"]] * 3
    images = tf.ones([2, 4, 4, 1])
    np.testing.assert_array_equal(contract.view_of_reals(model, images), images * 30.0)


def test_networks_are_whole_within_the_context_only(hooked):
    model, layers = hooked
    with pytest.raises(RuntimeError), contract.whole(model):  # noqa: PT012
        assert all(layer.always_whole for layer in layers)
        raise RuntimeError
    assert not any(layer.always_whole for layer in layers)


def test_layers_without_hooks_are_left_alone():
    images = keras.Input([4, 4, 1])
    model = keras.Model(images, keras.layers.Flatten()(images))
    contract.before_update(model, tf.constant(0, tf.int64))
    contract.fix_for_export(model)
    with contract.whole(model):
        assert contract.inner_activation_bytes(model.layers[1]) == 0
    given = tf.ones([2, 4, 4, 1])
    assert contract.view_of_reals(model, given) is given


def test_inner_activations_are_those_that_the_layer_reports():
    assert contract.inner_activation_bytes(Hooked(1.0)) == 7


def test_an_output_comes_before_a_layer_of_its_name(hooked):
    model, _ = hooked
    assert contract.output_of(model, "features") is model.output
    outputs = {"logits": model.output, "features": model.input}
    two = keras.Model(model.input, outputs)
    assert contract.output_names(two) >= {"logits", "features"}
    assert contract.output_of(two, "features") is model.input
    with pytest.raises(ValueError, match="nothing"):
        contract.output_of(two, "nothing")


@pytest.mark.parametrize("name", ARCHITECTURES.names)
def test_every_architecture_names_its_layers(name):
    architecture = ARCHITECTURES.load(name)
    side = min(max(architecture.smallest, 8), architecture.largest)
    spec = ModelSpec(
        side, side, 2, 6, base_channels=4, max_channels=8, options=architecture.options
    )
    generator = architecture.build_generator(spec)
    discriminator = architecture.build_discriminator(spec)
    # Without labels, fastgan's logits come from patches and not from its features.
    assert (contract.FEATURES in contract.output_names(discriminator)) == (name != "fastgan")
    if name != "fastgan":
        features = contract.output_of(discriminator, contract.FEATURES)
        assert len(features.shape) == 2
        assert features.dtype == "float32"
    assert contract.has_styles(generator) == (name == "stylegan2")
    if contract.has_styles(generator):
        styles = contract.mapping_of(generator).output
        assert styles.shape == contract.synthesis_of(generator).input.shape
        assert contract.style_average_of(generator).shape == styles.shape[2:]
    else:
        assert generator.layers[-1].name == contract.IMAGES
