"""Pictures and animations as the content of files, marked as generated.

PNG, APNG and WebP keep every pixel; so does a GIF of gray images, while colours are brought down to
256 a frame. JPEG and MP4 lose some.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image, PngImagePlugin

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write
from gan_cli.media.credentials import Signer
from gan_cli.media.formats import ANIMATIONS, PICTURES
from gan_cli.media.gif_xmp import with_xmp
from gan_cli.media.provenance import Provenance
from gan_cli.media.video import encoded_video

# A format that cannot hold XMP has a JSON file of the same name beside it.
_WITHOUT_XMP = (".mp4", ".txt")
_JPEG_QUALITY = 95
_SOFTWARE_TAG = 0x0131


def encoded(
    image: Image.Image,
    ending: str,
    provenance: Provenance | None,
    signer: Signer | None = None,
) -> bytes:
    """Returns the content of a file of one picture.

    Args:
      ending: one of `PICTURES`, with the dot.
      provenance: what the file says about its origin; None: nothing.
      signer: signs the origin; None: the file is not signed.

    Raises:
      UserError: the image has transparency and the format has not, or the file cannot be signed.
    """
    form = PICTURES[ending]
    if form == "JPEG":
        if image.mode == "RGBA":
            raise UserError("JPEG has no transparency; use .png or .webp", key="path")
        content = _saved(image, form, provenance, quality=_JPEG_QUALITY)
    elif form == "WEBP":
        # exact: keeps the colours of transparent pixels as well.
        content = _saved(image, form, provenance, lossless=True, exact=True)
    else:
        content = _saved(image, form, provenance)
    return signed(content, ending, provenance, signer)


def encoded_animation(
    frames: Sequence[Image.Image],
    ending: str,
    frames_per_second: int,
    provenance: Provenance | None,
    signer: Signer | None = None,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> bytes:
    """Returns the content of a file of several pictures, shown one after another without end.

    Args:
      frames: all of one size and mode. In GIF and APNG, a frame that equals the one before it
        lengthens that one's time instead of being written again.
      ending: one of `ANIMATIONS`, with the dot.
      frames_per_second: the time of a frame is rounded to thousandths of a second, in a GIF to
        hundredths.
      progress: called with the frames encoded so far, and with all.

    Raises:
      UserError: PyAV is missing for an MP4, or the file cannot be signed.
    """
    form = ANIMATIONS[ending]
    if form == "MP4":
        comment = provenance.to_json() if provenance else ""
        video = encoded_video(
            _Counted(frames, 0, progress), frames[0].size, frames_per_second, comment
        )
        return signed(video, ending, provenance, signer)
    milliseconds = round(1000 / frames_per_second)
    rest = _Counted(frames, 1, progress)
    several = {"save_all": True, "append_images": rest, "duration": milliseconds, "loop": 0}
    if form == "WEBP":
        several |= {"lossless": True, "exact": True}
    return signed(_saved(frames[0], form, provenance, **several), ending, provenance, signer)


@dataclass(frozen=True)
class _Counted:
    """Frames from one on that report how many are taken; Pillow may take them twice."""

    frames: Sequence[Image.Image]
    first: int
    progress: Callable[[int, int], object]

    def __iter__(self) -> Iterator[Image.Image]:
        for number, frame in enumerate(self.frames[self.first :], start=self.first):
            self.progress(number, len(self.frames))
            yield frame


def png_text(provenance: Provenance) -> PngImagePlugin.PngInfo:
    """Returns what a PNG file says about its origin, as chunks of text."""
    text = PngImagePlugin.PngInfo()
    text.add_text("Software", provenance.software)
    text.add_itxt("XML:com.adobe.xmp", provenance.to_xmp().decode())
    return text


def write_marked(path: Path, content: bytes, provenance: Provenance | None) -> None:
    """Writes a file, and beside it a JSON file where its format has no place for XMP.

    Raises:
      UserError: the file cannot be written.
    """
    if provenance is not None and path.suffix.lower() in _WITHOUT_XMP:
        atomic_write(sidecar(path), provenance.to_json())
    atomic_write(path, content)


def sidecar(path: Path) -> Path:
    """Returns the path of the JSON file beside a file."""
    return path.with_name(path.name + ".json")


def signed(
    content: bytes, ending: str, provenance: Provenance | None, signer: Signer | None
) -> bytes:
    """Returns a file's content, with content credentials if there is a signer and an origin.

    Raises:
      UserError: the file cannot be signed.
    """
    if signer is None or provenance is None:
        return content
    return signer.signed(content, ending, provenance)


def _saved(image: Image.Image, form: str, provenance: Provenance | None, **options: Any) -> bytes:
    if provenance is not None:
        if form == "PNG":
            options["pnginfo"] = png_text(provenance)
        elif form == "GIF":
            options["comment"] = provenance.software
        else:
            exif = Image.Exif()
            exif[_SOFTWARE_TAG] = provenance.software
            tags = exif.tobytes()
            if form == "WEBP":
                # The prefix is JPEG's; of animations, Pillow would leave it.
                tags = tags.removeprefix(b"Exif\x00\x00")
            options |= {"xmp": provenance.to_xmp(), "exif": tags}
    content = io.BytesIO()
    image.save(content, form, **options)
    if provenance is not None and form == "GIF":
        return with_xmp(content.getvalue(), provenance.to_xmp())
    return content.getvalue()
