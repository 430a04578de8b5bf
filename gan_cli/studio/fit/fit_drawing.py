"""What a search for latents gives, and the files that it is written to."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.domains.grid import to_pillow
from gan_cli.media.credentials import Signer
from gan_cli.media.encode import encoded, write_marked
from gan_cli.media.formats import check_ending
from gan_cli.media.named_sheet import named_sheet
from gan_cli.media.provenance import COMPOSITE
from gan_cli.media.soundfont import soundfont_for
from gan_cli.studio.drawing import DEFAULT_FRAMES_PER_SECOND, Drawing, Written
from gan_cli.studio.edit_requests import EditRequest
from gan_cli.studio.fit.find import Found
from gan_cli.studio.fit.run_search import given_sha256, saved_latents, write_latents_beside
from gan_cli.studio.studio import Studio


@dataclass(frozen=True, kw_only=True)
class FitDrawing(Drawing):
    """The image that a search gave.

    Attributes:
      given: the user's file.
      seed: the first seed of the search.
      found: the generator's nearest image, with its latents.
      strip: names and images, uint8 [height, width, channels], of the comparison beside it.
    """

    given: Path
    seed: int
    found: Found
    strip: Sequence[tuple[str, np.ndarray]]

    def save(
        self,
        path: str | Path,
        *,
        frames_per_second: int = DEFAULT_FRAMES_PER_SECOND,
        unmarked: bool = False,
        signer: Signer | None = None,
        soundfont: str | Path | None = None,
    ) -> tuple[Written, ...]:
        """Writes the image, a strip that compares it with what was given, and the latents.

        The strip of `found.jpg` is `found-strip.png`, its latents are `found.npz`. The record of
        the image holds the latents as well. Arguments as of `Drawing.save`.
        """
        path = Path(path)
        ending = check_ending(path)
        soundfont_for(soundfont, path)
        studio = self.studio
        recipe = self.recipe(ending, None)
        provenance = studio.provenance(recipe, self.digital_source_type)
        mark = studio.mark(provenance, path, unmarked)
        write_marked(path, encoded(self.image, ending, mark, signer), mark)
        sheet = named_sheet(
            np.stack([image for _, image in self.strip])[None], (), [name for name, _ in self.strip]
        )
        strip_path = path.with_name(f"{path.stem}-strip.png")
        strip_recipe = recipe | {"kind": f"{recipe['kind']} strip", "format": ".png"}
        strip_provenance = studio.provenance(strip_recipe, COMPOSITE)
        strip_mark = studio.mark(strip_provenance, strip_path, unmarked)
        write_marked(strip_path, encoded(sheet, ".png", strip_mark, signer), strip_mark)
        saved = saved_latents([self.found.fit])
        write_latents_beside(studio, path, saved, self.seed, unmarked=mark is None)
        return (Written(path, self.description or ""),)

    def recipe(self, ending: str, frames_per_second: int | None) -> dict[str, Any]:
        return {
            "kind": self.request.record_kind,
            "format": ending,
            "seed": self.seed,
            "given_sha256": given_sha256(self.given),
            **saved_latents([self.found.fit]).to_recipe(),
        }


def fit_drawing(
    studio: Studio,
    request: EditRequest,
    found: Found,
    result: np.ndarray,
    strip: Sequence[tuple[str, np.ndarray]],
    quality: str,
    composite: bool = False,
) -> FitDrawing:
    """Returns the drawing of a search.

    Args:
      result: uint8 [height, width, channels].
      quality: how near the image comes, in words.
      composite: whether the result shows the user's image, in parts or reduced.
    """
    parts = [quality]
    if found.fit.label is not None:
        parts.append(f"class {studio.loaded.class_names[found.fit.label]}")
    if found.feature_distance is not None:
        parts.append(f"feature distance {found.feature_distance:.4g}")
    return FitDrawing(
        studio,
        request,
        lambda: to_pillow(result),
        digital_source_type=COMPOSITE if composite else None,
        description=", ".join(parts),
        given=request.image,
        seed=request.seed,
        found=found,
        strip=strip,
    )
