"""Colours of images with an ICC profile, in sRGB."""

import io
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image, ImageCms

# Pillow's modes that a profile can describe, by the mode in which their colours are converted.
_COLOUR_MODES = {
    **{"L": "L", "LA": "L", "RGB": "RGB", "RGBA": "RGB", "RGBX": "RGB", "P": "RGB", "PA": "RGB"},
    "CMYK": "CMYK",
}
# A profile that moves no colour further than this, of 255, is sRGB under one of its many names.
_SAME = 2
_SRGB = ImageCms.createProfile("sRGB")
_LEVELS = np.linspace(0, 255, 6).round().astype(np.uint8)


@dataclass(frozen=True)
class Profile:
    """What the profile of an image says.

    Attributes:
      name: its description.
      transform: from the image's colours to sRGB; None: the image is in sRGB already.
    """

    name: str
    transform: ImageCms.ImageCmsTransform | None


def profile_of(image: Image.Image) -> Profile | None:
    """Returns the profile of an image, whose pixels are not read, or None where it has none.

    Raises:
      ValueError: the profile is damaged, or not for images of this mode.
    """
    content = image.info.get("icc_profile")
    if not content:
        return None
    if image.mode not in _COLOUR_MODES:
        raise ValueError(f"a profile of mode {image.mode} cannot be applied")
    return _read(content, _COLOUR_MODES[image.mode])


def to_srgb(image: Image.Image) -> Image.Image:
    """Returns an image with its colours converted to sRGB as its profile says.

    Transparency stays as it is, and gray images stay gray. An image without a profile, or with one
    that cannot be applied, is returned as it is: its values are taken for sRGB.
    """
    try:
        profile = profile_of(image)
    except ValueError:
        return image
    if profile is None or profile.transform is None:
        return image
    alpha = None
    if image.has_transparency_data:
        image = image.convert("LA" if image.mode in ("L", "LA") else "RGBA")
        alpha = image.getchannel("A")
    mode = _COLOUR_MODES[image.mode]
    # In place of `convert`, which would move values by another formula.
    colours = image.convert(mode) if image.mode != mode else image
    converted = profile.transform.apply(colours)
    if mode == "L":
        converted = converted.getchannel("G")
    if alpha is not None:
        converted.putalpha(alpha)
    return converted


@lru_cache(maxsize=64)
def _read(content: bytes, mode: str) -> Profile:
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(content))
        name = ImageCms.getProfileDescription(profile).strip() or "without a name"
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        if mode == "L":
            # Its short tables are off by 10 of 255 in the shadows of linear scans.
            flags |= ImageCms.Flags.NOOPTIMIZE
        transform = ImageCms.buildTransform(
            profile,
            _SRGB,
            mode,
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            flags,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError) as error:
        raise ValueError("the profile is damaged, or of another colour space") from error
    if mode == "CMYK":
        return Profile(name, transform)
    before = (
        _all_colours() if mode == "RGB" else Image.fromarray(np.arange(256, dtype=np.uint8)[None])
    )
    after = np.asarray(transform.apply(before), np.int16)
    moved = np.abs(after - np.asarray(before.convert("RGB"), np.int16)).max()
    return Profile(name, None if moved <= _SAME else transform)


def _all_colours() -> Image.Image:
    """Returns an image of colours spread over the whole cube."""
    grid = np.stack(np.meshgrid(_LEVELS, _LEVELS, _LEVELS, indexing="ij"), axis=-1)
    return Image.fromarray(grid.reshape(1, -1, 3))
