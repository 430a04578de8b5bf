"""How images are enlarged and separated in a picture of many; loads no image library."""

from dataclasses import dataclass

RESAMPLING = ("nearest", "lanczos")


@dataclass(frozen=True, kw_only=True)
class TileLayout:
    """How images are enlarged and separated in a picture.

    Attributes:
      scale: whole factor by which images are enlarged; None: small images to about 64 pixels.
      resample: `nearest` repeats pixels; `lanczos` smooths.
      padding: pixels of white around each image, before enlargement.
    """

    scale: int | None = None
    resample: str = "nearest"
    padding: int = 2


# The layout of grids during training.
FRAMED = TileLayout()
