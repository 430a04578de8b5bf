"""Every architecture in every format, read back by the format's own runtime."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from gan_cli.errors import UserError
from gan_cli.export import FORMATS, format, saved_model
from gan_cli.export.card import psnr_text
from gan_cli.export.format import About
from gan_cli.export.litert import read_metadata
from gan_cli.export.write import compare, export_generator
from gan_cli.models import ARCHITECTURES
from gan_cli.models.contract import ModelSpec

IMAGES = [name for name in ARCHITECTURES.names if name != "points_mlp"]
LATENTS = np.random.default_rng(1).standard_normal((5, 8)).astype(np.float32)
LABELS = np.array([0, 1, 2, 1, 0], np.int32)
# Labels of no class, and the nearest ones of three classes.
STRANGE = np.array([3, 12, 99, -1, -(2**31)], np.int32)
NEAREST = np.array([2, 2, 2, 0, 0], np.int32)
ABOUT = About("shirts", "normal", ("short", "Ärmel, lang", "none"), "ab12", "CC-BY-4.0")


def build(name, num_classes=3, width=8):
    keras.utils.set_random_seed(0)
    architecture = ARCHITECTURES.load(name)
    spec = ModelSpec(
        16,
        16,
        3,
        latent_dim=8,
        num_classes=num_classes,
        conditioning=architecture.generator_conditioning if num_classes else None,
        base_channels=width,
        max_channels=2 * width,
        options=dict(architecture.options),
    )
    generator = architecture.build_generator(spec)
    # Moved away from the initial values, the moving statistics and singular vectors as well: what
    # a format forgets shows.
    rng = np.random.default_rng(2)
    for weight in generator.weights:
        if weight.dtype == "float32" and weight.shape:
            weight.assign(weight * rng.uniform(0.8, 1.2, weight.shape))
    return generator


@pytest.mark.parametrize("name", IMAGES)
def test_every_runtime_gives_the_generators_images(name, tmp_path):
    pytest.importorskip("tf2onnx")
    pytest.importorskip("onnxruntime")
    generator = build(name)
    exported = export_generator(
        generator, ABOUT, ["keras", "saved_model", "onnx", "litert"], tmp_path, LATENTS, LABELS
    )
    assert [part.largest_error <= part.format.tolerance for part in exported] == [True] * 4
    # Labels of no class give the same everywhere, whatever a lookup beyond its table would give.
    expected = generator([LATENTS, NEAREST], training=False).numpy()
    np.testing.assert_array_equal(generator([LATENTS, STRANGE], training=False), expected)
    for part in exported:
        images = part.format.load(tmp_path / part.format.file_name)(LATENTS, STRANGE)
        np.testing.assert_allclose(images, expected, rtol=0, atol=part.format.tolerance)


def test_a_file_for_phones_takes_one_image_at_a_time_and_names_what_it_gives(tmp_path):
    generator = build("conv")
    (part,) = export_generator(generator, ABOUT, ["litert_phone"], tmp_path, LATENTS, LABELS)
    # float16 keeps 11 bits of each weight.
    assert 0 < part.largest_error < 0.02
    interpreter = tf.lite.Interpreter(str(tmp_path / "generator-phone.tflite"))
    shapes = [tuple(each["shape_signature"]) for each in interpreter.get_input_details()]
    assert sorted(shapes) == [(1,), (1, 8)]
    (output,) = interpreter.get_output_details()
    assert tuple(output["shape_signature"]) == (1, 16, 16, 3)
    signature = interpreter.get_signature_list()["serving_default"]
    assert signature == {"inputs": ["labels", "latents"], "outputs": ["images"]}


def test_smaller_weights_make_smaller_files_and_close_images(tmp_path):
    names = ["litert", "litert_float16", "litert_int8"]
    generator = build("mlp", num_classes=0, width=128)
    exact, half, small = export_generator(generator, ABOUT, names, tmp_path, LATENTS, None)
    assert half.size_bytes < 0.6 * exact.size_bytes
    assert small.size_bytes < 0.4 * exact.size_bytes
    assert 0 < half.largest_error < 0.01
    assert small.psnr_db > 25
    assert exact.largest_error <= 1e-4


def test_a_file_that_gives_other_images_is_refused(tmp_path, monkeypatch):
    generator = build("conv")
    broken = FORMATS.load("keras").load

    def load(path):
        generate = broken(path)
        return lambda latents, labels: generate(latents, labels) + 0.01

    import dataclasses

    from gan_cli.export import keras_file

    monkeypatch.setattr(keras_file, "FORMAT", dataclasses.replace(keras_file.FORMAT, load=load))
    with pytest.raises(UserError, match=r"the images of 'keras' are off by up to 0\.01"):
        export_generator(generator, ABOUT, ["keras"], tmp_path, LATENTS, LABELS)


def test_generate_draws_by_seed_and_truncates(tmp_path):
    generator = build("conv")
    saved_model.write(generator, ABOUT, tmp_path / "model")
    module = tf.saved_model.load(str(tmp_path / "model"))
    generate = module.signatures["generate"]

    def call(seeds, classes, truncation):
        return generate(
            seed=tf.constant(seeds, tf.int64),
            classes=tf.constant(classes, tf.int32),
            truncation=tf.constant(truncation, tf.float32),
        )

    both = call([7, 8], [1, 2], 0.0)
    alone = call([8], [2], 0.0)
    np.testing.assert_array_equal(both["latents"][1:], alone["latents"])
    np.testing.assert_allclose(both["images"][1:], alone["images"], atol=1e-6)
    expected = generator([both["latents"], tf.constant([1, 2])], training=False)
    np.testing.assert_allclose(both["images"], expected, atol=1e-5)
    # Ranks stay: the definition of truncation, through SciPy's distributions.
    cut = call([7, 8], [1, 2], 0.5)["latents"].numpy()
    ranks = stats.norm.cdf(both["latents"].numpy().astype(np.float64))
    np.testing.assert_allclose(cut, stats.truncnorm.ppf(ranks, -0.5, 0.5), atol=1e-5)


# The one whose styles are truncated, and one for all the others.
@pytest.mark.parametrize("name", ["conv", "stylegan2"])
def test_generate_makes_the_generators_images_of_what_it_draws(name, tmp_path):
    generator = build(name, num_classes=0)
    saved_model.write(generator, ABOUT, tmp_path / "model")
    generate = tf.saved_model.load(str(tmp_path / "model")).signatures["generate"]
    _, inputs = generate.structured_input_signature
    assert sorted(inputs) == ["seed", "truncation"]

    def call(truncation):
        made = generate(
            seed=tf.constant([5, 6], tf.int64), truncation=tf.constant(truncation, tf.float32)
        )
        return made["latents"].numpy(), made["images"].numpy()

    latents, images = call(0.0)
    np.testing.assert_allclose(images, generator(latents, training=False), atol=1e-5)
    cut, truncated = call(0.5)
    if name != "stylegan2":
        assert np.abs(latents).max() > 0.5 >= np.abs(cut).max()
        np.testing.assert_allclose(truncated, generator(cut, training=False), atol=1e-5)
        return
    # Karras et al. 2019, appendix B: half of the way from the mean style.
    np.testing.assert_array_equal(cut, latents)
    mapping, synthesis = generator.get_layer("mapping"), generator.get_layer("synthesis")
    styles = mapping(latents, training=False).numpy()
    mean = mapping.get_layer("style_average").average.numpy()
    expected = synthesis(mean + 0.5 * (styles - mean), training=False)
    np.testing.assert_allclose(truncated, expected, atol=1e-5)
    assert np.abs(truncated - images).max() > 1e-3


def test_drawn_latents_follow_their_distribution():
    for distribution, law in (("normal", stats.norm()), ("uniform", stats.uniform(-1, 2))):
        drawn = saved_model.draw_latents(tf.range(400, dtype=tf.int64), 0.0, 8, distribution)
        assert stats.kstest(drawn.numpy().ravel(), law.cdf).pvalue > 0.001
    halved = saved_model.draw_latents(tf.range(9, dtype=tf.int64), 0.5, 8, "uniform")
    whole = saved_model.draw_latents(tf.range(9, dtype=tf.int64), 0.0, 8, "uniform")
    np.testing.assert_allclose(halved, 0.5 * whole.numpy(), rtol=1e-6)


def test_psnr_and_largest_error_of_known_images():
    expected = np.zeros((1, 2, 2, 1))
    images = np.array([0.2, 0.0, 0.0, 0.0]).reshape(expected.shape)
    largest, psnr_db = compare(images, expected)
    assert largest == pytest.approx(0.2)
    assert psnr_db == pytest.approx(10 * np.log10(4 / 0.01))
    assert compare(expected, expected) == (0.0, np.inf)


def test_unconditional_function_takes_latents_alone():
    generator = build("conv", num_classes=0)
    assert not format.is_conditional(generator)
    assert list(format.named_inputs(LATENTS, None)) == ["latents"]


def test_equal_images_have_no_infinite_psnr():
    assert psnr_text(np.inf) == "identical"
    assert psnr_text(31.26) == "31.3 dB"


def test_an_onnx_file_names_its_axes_and_says_what_the_values_mean(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("tf2onnx")
    generator = build("mlp")
    export_generator(generator, ABOUT, ["onnx"], tmp_path, LATENTS, LABELS)
    session = onnxruntime.InferenceSession(str(tmp_path / "generator.onnx"))
    assert {part.name: part.shape[0] for part in session.get_inputs()} == {
        "latents": "batch",
        "labels": "batch",
    }
    (images,) = session.get_outputs()
    assert (images.name, images.shape) == ("images", ["batch", *generator.output_shape[1:]])
    about = session.get_modelmeta().custom_metadata_map
    assert "-1 is black, 1 white" in about["images"]
    assert "normal" in about["latents"]
    assert about == SAID


# What programs read in the metadata of ONNX and LiteRT files.
SAID = {
    "name": "shirts",
    "images": "float32 [batch, height, width, channels]; -1 is black, 1 white",
    "value_range": "[-1, 1]",
    "latents": "float32 [batch, latent_dim], independent, normal",
    "latent_distribution": "normal",
    "truncates_latents": "true",
    "labels": "int32 [batch], 0 to 2",
    "class_names": '["short", "Ärmel, lang", "none"]',
    "weights_sha256": "ab12",
    "licence": "CC-BY-4.0",
}


def test_a_litert_file_calls_its_output_images_and_says_what_it_holds(tmp_path):
    export_generator(build("mlp"), ABOUT, ["litert"], tmp_path, LATENTS, LABELS)
    path = tmp_path / "generator.tflite"
    (signature,) = tf.lite.Interpreter(str(path)).get_signature_list().values()
    assert signature["outputs"] == ["images"]
    assert read_metadata(path) == SAID
