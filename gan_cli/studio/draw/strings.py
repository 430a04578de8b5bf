"""Strings along a walk, as lines of text and as a table."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from gan_cli.domains.text_sheet import text_table
from gan_cli.domains.tokens import Strings
from gan_cli.media.text_lines import Line

_MOST_COLUMNS = 8


def walk_lines(
    domain: Strings,
    tracks: np.ndarray,
    names: Sequence[str],
    stops: Sequence[str],
    steps: int,
) -> list[Line]:
    """Returns the strings of a walk, in order; those at stops know the stop's name.

    An empty string stands between tracks.

    Args:
      tracks: uint8 [tracks, length, *domain.stored_shape].
      names: of the tracks; empty text where there is one without a name.
      stops: names of what the walk leads through, each `steps` after the last.
    """
    lines: list[Line] = []
    for track, name in zip(tracks, names, strict=True):
        if lines:
            lines.append(Line(""))
        for step, text in enumerate(domain.decoded(track)):
            facts: dict[str, str | int] = {"track": name} if name else {}
            facts["step"] = step
            if step % steps == 0 and step // steps < len(stops):
                facts["stop"] = stops[step // steps]
            lines.append(Line(text, facts))
    return lines


def walk_table(domain: Strings, legs: np.ndarray, leg_names: Sequence[str]) -> Image.Image:
    """Draws a column for each leg of a walk, from its first string at the top to its last.

    Args:
      legs: uint8 [legs, length, *domain.stored_shape].
    """
    columns = [domain.decoded(leg) for leg in legs]
    return text_table(list(zip(*columns, strict=True)), (), leg_names, _MOST_COLUMNS)
