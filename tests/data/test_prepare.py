"""Preparation against hand-made pixels and Pillow's own primitives."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_cli.data.collection import CorruptImageError
from gan_cli.data.prepare import natural_channels, prepare_image


@pytest.fixture
def photo():
    rng = np.random.default_rng(0)
    return Image.fromarray(rng.integers(0, 256, (40, 60, 3), dtype=np.uint8))


def test_an_image_of_the_right_size_is_left_as_it_is(photo):
    np.testing.assert_array_equal(prepare_image(photo, 40, 60, 3), np.asarray(photo))


def test_crop_cuts_the_centre_out_before_resizing(photo):
    expected = photo.crop((10, 0, 50, 40)).resize((16, 16), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(prepare_image(photo, 16, 16, 3), np.asarray(expected))
    tall = photo.crop((20, 0, 40, 40)).resize((10, 20), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(prepare_image(photo, 20, 10, 3), np.asarray(tall))


def test_stretch_keeps_everything(photo):
    expected = photo.resize((16, 16), Image.Resampling.LANCZOS)
    actual = prepare_image(photo, 16, 16, 3, fit="stretch")
    np.testing.assert_array_equal(actual, np.asarray(expected))


def test_pad_fills_up_with_the_background(photo):
    padded = prepare_image(photo, 30, 30, 3, fit="pad", background="#102030")
    np.testing.assert_array_equal(padded[:5], np.broadcast_to([16, 32, 48], (5, 30, 3)))
    np.testing.assert_array_equal(padded[25:], np.broadcast_to([16, 32, 48], (5, 30, 3)))
    inner = photo.resize((30, 20), Image.Resampling.LANCZOS)
    np.testing.assert_array_equal(padded[5:25], np.asarray(inner))


def test_shrinking_a_fine_pattern_gives_its_mean_not_its_aliases():
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 200
    small = prepare_image(stripes, 8, 8, 1)
    assert np.abs(small[:, 1:-1].astype(int) - 100).max() <= 2


def test_transparency_is_composed_on_the_background():
    image = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    image.paste((0, 100, 0, 255), (0, 0, 4, 8))
    image.putpixel((7, 7), (200, 0, 0, 51))
    flat = prepare_image(image, 8, 8, 3, background="#0000ff")
    np.testing.assert_array_equal(flat[0, 0], [0, 100, 0])
    np.testing.assert_array_equal(flat[0, 7], [0, 0, 255])
    np.testing.assert_allclose(flat[7, 7], [40, 0, 204], atol=1)
    kept = prepare_image(image, 8, 8, 4)
    np.testing.assert_array_equal(kept[7, 7], [200, 0, 0, 51])


def test_resizing_transparency_does_not_bleed_the_colour_of_invisible_pixels():
    image = Image.new("RGBA", (32, 32), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 16, 32))
    small = prepare_image(image, 8, 8, 4)
    visible = small[small[..., 3] > 16]
    assert visible[:, 0].max() <= 8


@pytest.mark.parametrize("dtype", [np.uint16, np.int32])
def test_sixteen_bits_keep_their_range(dtype):
    ramp = np.linspace(0, 65535, 64).reshape(8, 8).astype(dtype)
    mode = "I;16" if dtype == np.uint16 else "I"
    image = Image.fromarray(ramp) if mode == "I" else Image.frombytes(mode, (8, 8), ramp.tobytes())
    expected = np.round(ramp / 257.0)
    np.testing.assert_array_equal(prepare_image(image, 8, 8, 1)[..., 0], expected)


def test_palettes_gray_and_colour_become_one_another(photo):
    palette = photo.convert("P")
    expected = np.asarray(palette.convert("RGB"))
    np.testing.assert_array_equal(prepare_image(palette, 40, 60, 3), expected)
    gray = photo.convert("L")
    np.testing.assert_array_equal(prepare_image(gray, 40, 60, 3)[..., 1], np.asarray(gray))
    np.testing.assert_array_equal(prepare_image(photo, 40, 60, 1)[..., 0], np.asarray(gray))
    assert (prepare_image(photo, 40, 60, 4)[..., 3] == 255).all()


@pytest.mark.parametrize(
    ("mode", "channels"), [("L", 1), ("1", 1), ("I;16", 1), ("RGB", 3), ("CMYK", 3), ("RGBA", 4)]
)
def test_natural_channels(mode, channels):
    assert natural_channels(Image.new(mode, (8, 8))) == channels


def lanczos_matrix(before: int, after: int) -> np.ndarray:
    """Weights [after, before] of a Lanczos filter of 3 lobes, stretched where it shrinks."""
    scale = before / after
    centres = (np.arange(after) + 0.5) * scale
    x = (np.arange(before) + 0.5 - centres[:, None]) / max(scale, 1.0)
    weights = np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)
    return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize(("height", "width"), [(13, 29), (60, 70), (8, 90)])
def test_resizing_is_lanczos_as_it_is_defined(photo, height, width):
    pixels = np.asarray(photo.convert("L"), np.float64)
    down, across = lanczos_matrix(40, height), lanczos_matrix(60, width).T
    actual = prepare_image(photo.convert("L"), height, width, 1, fit="stretch")[..., 0]
    # Pillow rounds between the two passes, whose order depends on its version.
    across_first = down @ np.round(np.clip(pixels @ across, 0, 255))
    down_first = np.round(np.clip(down @ pixels, 0, 255)) @ across
    errors = [np.abs(actual - np.clip(e, 0, 255)).max() for e in (across_first, down_first)]
    assert min(errors) < 0.52


MODES = ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "I", "I;16", "F"]


@settings(max_examples=200, deadline=None)
@given(
    mode=st.sampled_from(MODES),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    height=st.integers(8, 24),
    width=st.integers(8, 24),
    channels=st.sampled_from([1, 3, 4]),
    fit=st.sampled_from(["crop", "stretch", "pad"]),
    level=st.integers(0, 255),
)
def test_a_gray_image_stays_that_gray_in_any_mode_and_size(
    mode, size, height, width, channels, fit, level
):
    if mode == "I;16":
        image = Image.frombytes(mode, size, np.full(size, level * 257, np.uint16).tobytes())
    elif mode in ("I", "F"):
        factor = 257 if mode == "I" else 1
        image = Image.new(mode, size, level * factor)
    else:
        level = level // 128 * 255 if mode == "1" else level
        image = Image.new("L", size, level).convert("RGB")
        if mode in ("P", "PA"):
            image = image.convert("P", palette=Image.Palette.ADAPTIVE)
        image = image.convert(mode)
    prepared = prepare_image(
        image, height, width, channels, fit, f"#{level:02x}{level:02x}{level:02x}"
    )
    assert prepared.dtype == np.uint8
    assert prepared.shape == (height, width, channels)
    assert np.abs(prepared[..., :3].astype(int) - level).max() <= 1
    if channels == 4:
        assert (prepared[..., 3] == 255).all()


def test_padding_of_what_keeps_its_transparency_is_the_opaque_background():
    image = Image.new("RGBA", (16, 8), (10, 20, 30, 0))
    padded = prepare_image(image, 16, 16, 4, fit="pad", background="#405060")
    np.testing.assert_array_equal(padded[0, 0], [64, 80, 96, 255])
    assert padded[8, 8, 3] == 0


@pytest.mark.parametrize("channels", [1, 3])
def test_transparent_palettes_and_gray_are_composed_too(channels):
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([250, 250, 250, 10, 10, 10])
    palette.putpixel((3, 3), 1)
    palette.info["transparency"] = 0
    flat = prepare_image(palette, 8, 8, channels, background="#404040")
    assert (flat[0, 0] == 64).all()
    assert (flat[3, 3] == 10).all()
    gray = Image.new("LA", (8, 8), (200, 0))
    assert (prepare_image(gray, 8, 8, channels, background="#404040") == 64).all()


def test_values_that_are_no_colours_are_corrupt():
    image = Image.fromarray(np.full((8, 8), np.nan, np.float32))
    with pytest.raises(CorruptImageError, match="not finite"):
        prepare_image(image, 8, 8, 1)
    with pytest.raises(CorruptImageError, match="mode LAB cannot be converted"):
        prepare_image(Image.new("LAB", (8, 8)), 8, 8, 1)
