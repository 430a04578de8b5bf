"""Truncation and mixing of styles, on a run of stylegan2 as it is before the first step."""

import numpy as np
import pytest

from gan_cli.errors import UserError
from gan_cli.models.truncation import mean_style
from gan_cli.sampling.style_mixing import mixed_images, styles_of
from gan_cli.studio.picture_requests import Sheet
from gan_cli.studio.studio import Studio


@pytest.fixture(scope="module")
def studio(styled_run):
    studio = Studio.open(str(styled_run), "latest")
    average = studio.loaded.generator.get_layer("mapping").get_layer("style_average").average
    average.assign(np.linspace(-1, 1, 8))
    return studio


def synthesised(studio, styles):
    """uint8 images of styles, [count, n], by the network itself."""
    synthesis = studio.loaded.generator.get_layer("synthesis")
    layers = synthesis.inputs[0].shape[1]
    images = synthesis(np.repeat(styles[:, None], layers, axis=1), training=False).numpy()
    return np.clip(np.round((images + 1) * 127.5), 0, 255)


def test_truncation_pulls_styles_towards_their_mean(studio):
    mean = mean_style(studio.loaded.generator)
    np.testing.assert_allclose(mean, np.linspace(-1, 1, 8), rtol=1e-6)
    styles = styles_of(studio.loaded.generator, studio.latents([1, 2]), None)
    for psi in (1.0, 0.5, 0.0):
        expected = synthesised(studio, mean + psi * (styles - mean))
        assert np.abs(studio.labelled_images([1, 2], None, psi) - expected).max() <= 1
    np.testing.assert_array_equal(*studio.labelled_images([1, 2], None, 0.0))
    assert (
        np.abs(
            studio.labelled_images([1, 2], None, 1.0).astype(int)
            - studio.labelled_images([1, 2], None)
        ).max()
        <= 1
    )


def test_latents_themselves_are_left_whole(studio):
    np.testing.assert_array_equal(studio.latents([3], 0.1), studio.latents([3]))


def test_mixing_takes_layers_of_one_and_of_the_other(studio):
    generator = studio.loaded.generator
    styles = styles_of(generator, studio.latents([1, 2]), None)
    one, other = styles[:1], styles[1:]
    layers = generator.get_layer("synthesis").inputs[0].shape[1]
    alone = mixed_images(generator, one, other, layers)
    np.testing.assert_allclose(alone, generator(studio.latents([1]), training=False), atol=1e-5)
    np.testing.assert_array_equal(
        mixed_images(generator, one, other, 0), mixed_images(generator, other, other, 0)
    )
    by_hand = np.concatenate([one, other])[[0] * 3 + [1] * (layers - 3)][None]
    expected = generator.get_layer("synthesis")(by_hand, training=False)
    np.testing.assert_allclose(mixed_images(generator, one, other, 3), expected, atol=1e-6)


def test_a_sheet_of_mixtures_is_made_again_and_needs_styles(
    studio, digits_run, gan_sample, tmp_path
):
    # The checkpoint's own mean, not the one that was set above.
    run = studio.run.path
    out = tmp_path / "mix.png"
    flags = ["--sheet=mix", "--seeds=1-5", "--truncation=0.7"]
    gan_sample("--run_dir", run, "--out", out, *flags)
    status, text = gan_sample("--inspect", out, "--run_dir", run)
    assert status == 0, text
    with pytest.raises(UserError, match="is for stylegan2"):
        gan_sample("--run_dir", digits_run, "--out", out, "--sheet=mix")
    with pytest.raises(UserError, match="at least two"):
        Sheet("mix", seeds=(1,))
