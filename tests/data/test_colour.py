"""Colour profiles, against the definition of the colour spaces."""

import struct

import numpy as np
import pytest
from PIL import Image, ImageCms

from gan_cli.config.schema import DataConfig
from gan_cli.data.colour import profile_of, to_srgb
from gan_cli.data.dataset import open_splits

# Columns of Adobe RGB (1998) in the profile connection space: red, green, blue, by D50.
ADOBE_COLUMNS = (
    (0.60974, 0.31111, 0.01947),
    (0.20528, 0.62567, 0.06087),
    (0.14919, 0.06322, 0.74457),
)


def _numbers(*values: float) -> bytes:
    return b"".join(struct.pack(">i", round(value * 65536)) for value in values)


def _description(name: str) -> bytes:
    text = name.encode() + b"\0"
    return b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(78)


def profile(name: str, gamma: float, columns: tuple[tuple[float, ...], ...] = ()) -> bytes:
    """Returns a profile of a display with a gamma and primaries; without these, of gray.

    The layout is that of ICC.1:2001-04.
    """
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    tags = {b"desc": _description(name), b"wtpt": b"XYZ \0\0\0\0" + _numbers(0.9642, 1, 0.8249)}
    for letter, column in zip("rgb", columns, strict=False):
        tags[f"{letter}XYZ".encode()] = b"XYZ \0\0\0\0" + _numbers(*column)
        tags[f"{letter}TRC".encode()] = curve
    if not columns:
        tags[b"kTRC"] = curve
    table, content = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for tag, data in tags.items():
        table += tag + struct.pack(">II", start + len(content), len(data))
        content += data + bytes(-len(data) % 4)
    space = b"RGB " if columns else b"GRAY"
    header = struct.pack(">I", start + len(content)) + b"lcms\x02\x10\0\0mntr" + space + b"XYZ "
    header += bytes(12) + b"acsp" + bytes(28) + _numbers(0.9642, 1, 0.8249) + bytes(48)
    return header + struct.pack(">I", len(tags)) + table + content


ADOBE = profile("Adobe RGB (1998)", 2.19921875, ADOBE_COLUMNS)
# From D50 to linear sRGB: Lindbloom, adapted by Bradford.
TO_LINEAR_SRGB = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)


def with_profile(image, content):
    image.info["icc_profile"] = content
    return image


def srgb_of(linear):
    linear = np.clip(linear, 0, 1)
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def test_adobe_rgb_is_converted_as_both_spaces_are_defined():
    pixels = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    actual = np.asarray(to_srgb(with_profile(Image.fromarray(pixels), ADOBE)))
    xyz = (pixels / 255) ** 2.19921875 @ np.array(ADOBE_COLUMNS)
    expected = srgb_of(xyz @ TO_LINEAR_SRGB.T)
    np.testing.assert_allclose(actual, expected, atol=2)
    assert np.abs(expected - pixels).max() > 30


def test_gray_stays_gray_and_transparency_stays():
    levels = np.arange(256, dtype=np.uint8)[None]
    linear = profile("linear gray", 1.0)
    gray = to_srgb(with_profile(Image.fromarray(levels), linear))
    assert gray.mode == "L"
    np.testing.assert_allclose(np.asarray(gray), srgb_of(levels / 255), atol=1)
    image = Image.new("RGBA", (4, 4), (200, 40, 40, 77))
    clear = to_srgb(with_profile(image, ADOBE))
    assert (clear.mode, clear.getpixel((0, 0))[3]) == ("RGBA", 77)
    opaque = to_srgb(with_profile(Image.new("RGB", (4, 4), (200, 40, 40)), ADOBE))
    assert clear.getpixel((0, 0))[:3] == opaque.getpixel((0, 0)) != (200, 40, 40)


def test_srgb_by_any_name_moves_nothing():
    content = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = with_profile(Image.new("RGB", (4, 4), (200, 40, 41)), content)
    assert profile_of(image).transform is None
    assert to_srgb(image) is image


@pytest.mark.parametrize("content", [b"no profile", ADOBE[:200], profile("gray", 2.2)])
def test_a_profile_that_cannot_be_applied_leaves_the_image(content):
    image = with_profile(Image.new("RGB", (4, 4), (200, 40, 40)), content)
    with pytest.raises(ValueError, match="profile"):
        profile_of(image)
    assert to_srgb(image) is image


def test_a_folder_converts_and_counts(tmp_path):
    for number in range(6):
        image = Image.new("RGB", (9, 9), (200, 40, 30 * number))
        content = [ADOBE, b"damaged", None][number % 3]
        image.save(tmp_path / f"{number}.png", icc_profile=content)
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    converted, bad = splits.notes
    assert converted.startswith("2 of 6 images have a colour profile other than sRGB and are")
    assert "(2 Adobe RGB (1998))" in converted
    assert bad.startswith("2 of 6 images have a colour profile that cannot be applied")
    images = np.concatenate([splits.train.images, splits.holdout.images])
    # By the formulas above, the red of both converted images is 232.7.
    assert sorted(images[:, 0, 0, 0].tolist()) == [200] * 4 + [233] * 2
    ignored = DataConfig(source="folder", path=str(tmp_path), colour_profiles="ignore")
    splits = open_splits(ignored)
    assert not splits.notes
    assert (splits.train.images[..., 0] == 200).all()
