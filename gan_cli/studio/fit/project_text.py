"""The generator's string that comes nearest to a given one, and its latents."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import keras
import numpy as np
import tensorflow as tf

from gan_cli.domains.text_sheet import text_table
from gan_cli.domains.tokens import END, Strings
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.media.credentials import Signer
from gan_cli.media.text_lines import Line
from gan_cli.studio.drawing import DEFAULT_FRAMES_PER_SECOND, Drawing, Written
from gan_cli.studio.edit_requests import ProjectText
from gan_cli.studio.fit.run_search import (
    logits_of,
    sample_of,
    saved_latents,
    search,
    write_latents_beside,
)
from gan_cli.studio.fit.search import Misfit
from gan_cli.studio.studio import Studio

_STARTS = 64


@dataclass(frozen=True, kw_only=True)
class TextFitDrawing(Drawing):
    """The string that a search gave.

    Attributes:
      seed: the first seed of the search.
    """

    seed: int

    def save(
        self,
        path: str | Path,
        *,
        frames_per_second: int = DEFAULT_FRAMES_PER_SECOND,
        unmarked: bool = False,
        signer: Signer | None = None,
        soundfont: str | Path | None = None,
    ) -> tuple[Written, ...]:
        """Writes the string, or a picture of it, and its latents: those of `a.txt` to `a.npz`.

        Arguments as of `Drawing.save`.
        """
        path = Path(path)
        super().save(path, unmarked=unmarked, signer=signer, soundfont=soundfont)
        assert self.saved is not None
        write_latents_beside(self.studio, path, self.saved, self.seed, unmarked)
        return (Written(path, self.description or ""),)

    def recipe(self, ending: str, frames_per_second: int | None) -> dict[str, Any]:
        assert self.saved is not None
        return {
            "kind": self.request.record_kind,
            "format": ending,
            "seed": self.seed,
            **self.saved.to_recipe(),
        }


def project_text(studio: Studio, request: ProjectText, listener: Listener) -> TextFitDrawing:
    """Searches for the latents that make the given string most probable.

    Raises:
      UserError: the string is too long or has unknown characters, or there is no such class.
    """
    domain = cast(Strings, studio.loaded.domain)
    target = _encoded(domain, request.text)
    network, misfit = _search(studio.loaded.generator, target)
    fit = search(studio, request, misfit, listener, starts=_STARTS, network=network)
    (found,) = domain.decoded(sample_of(studio, fit)[None])
    equal = sum(a == b for a, b in zip(request.text, found, strict=False))
    parts = [f"nearest to '{request.text}': '{found}', {equal} of {len(request.text)} characters"]
    if found == request.text:
        parts = [f"'{found}', exactly as given"]
    if fit.label is not None:
        parts.append(f"class {studio.loaded.class_names[fit.label]}")
    return TextFitDrawing(
        studio,
        request,
        lambda: text_table([[found]]),
        draw_lines=lambda: [Line(found)],
        saved=saved_latents([fit]),
        description=", ".join(parts),
        seed=request.seed,
    )


def _encoded(domain: Strings, text: str) -> np.ndarray:
    """uint8 [places]."""
    length = domain.model_shape[0]
    unknown = sorted(set(text) - set(domain.alphabet))
    if unknown:
        shown = ", ".join(map(repr, unknown))
        raise UserError(f"'{text}' has characters that the run does not know: {shown}", key="text")
    if len(text) > length:
        raise UserError(f"'{text}' is longer than the run's {length} characters", key="text")
    return domain.encoded([text]).reshape(-1)


def _search(generator: keras.Model, target: np.ndarray) -> tuple[keras.Model, Misfit]:
    """Returns the network to descend in, and the misfit of its outputs.

    Where there are logits, these are its outputs. Places behind the string's end do not count.
    """
    places = min(int(np.argmax([*(target == END), True])) + 1, len(target))
    wanted = tf.constant(target[:places], tf.int32)
    network, has_logits = logits_of(generator)

    def misfit(outputs: tf.Tensor) -> tf.Tensor:
        outputs = outputs[:, :places, :, 0]
        if not has_logits:
            outputs = tf.math.log(outputs + 1e-6)
        targets = tf.broadcast_to(wanted, tf.shape(outputs)[:2])
        each = tf.nn.sparse_softmax_cross_entropy_with_logits(targets, outputs)
        # The worst place counts as well: one wrong character is another string.
        return tf.reduce_mean(each, axis=1) + tf.reduce_max(each, axis=1)

    return network, misfit
