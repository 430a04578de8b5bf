"""Tracks of the user's, note for note, with the others made to fit them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.assembly.loading import load_discriminator
from gan_cli.domains.voices import Voices
from gan_cli.errors import UserError
from gan_cli.listener import Listener
from gan_cli.media.provenance import COMPOSITE
from gan_cli.music.keys import transposed_piece
from gan_cli.music.piece import Piece, TempoChange, joined
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.edit_requests import Accompany
from gan_cli.studio.fit.given_music import Given, given_tracks
from gan_cli.studio.fit.run_search import (
    given_sha256,
    sample_of,
    saved_latents,
    search_phrases,
)
from gan_cli.studio.fit.search import Misfit
from gan_cli.studio.studio import Studio

_STARTS = 16
# Weight of the discriminator's logit beside the share of given symbols that the generator misses.
_REALISM = 0.2


@dataclass(frozen=True, kw_only=True)
class AccompanimentDrawing(Drawing):
    """A piece that a user's file was completed to.

    Attributes:
      given: the user's file.
      seed: the first seed of the search.
    """

    given: Path
    seed: int

    def recipe(self, ending: str, frames_per_second: int | None) -> dict[str, Any]:
        return {
            **super().recipe(ending, frames_per_second),
            "seed": self.seed,
            "given_sha256": given_sha256(self.given),
        }


def accompany(studio: Studio, request: Accompany, listener: Listener) -> AccompanimentDrawing:
    """Searches, for each phrase, for latents whose phrase fits what is given, and completes it.

    The search minimises the share of given symbols that the generated phrase has differently, less
    a multiple of the discriminator's logit of the phrase in which the given symbols are put right
    (as Yeh et al. 2017 inpaint images). Conditional and packed discriminators are not asked.

    Raises:
      UserError: the run does not hold voices, or the file cannot be read or completed.
    """
    domain = studio.loaded.domain
    if not isinstance(domain, Voices):
        raise UserError(
            f"needs a run of voices (data.form: voices); {studio.run.path} holds piano rolls",
            key="image",
        )
    given = given_tracks(request.image, domain)
    if given.is_known.all():
        raise UserError(
            f"{request.image} has notes for every track and fills"
            f" {len(given.symbols) * domain.form.grid.bars} bars: nothing is left to make; leave"
            " tracks or bars out",
            key="image",
        )
    judge = _judge(studio)
    parts = list(zip(given.symbols, given.is_known, strict=True))
    misfits = ((None, _misfit(domain, *part, judge)) for part in parts)
    fits = search_phrases(studio, request, misfits, listener, count=len(parts), starts=_STARTS)
    phrases, agreements = [], []
    for (symbols, is_known), fit in zip(parts, fits, strict=True):
        made = sample_of(studio, fit)
        if is_known.any():
            agreements.append((made == symbols)[is_known].mean())
        phrases.append(np.where(is_known, symbols, made))
    piece = completed(domain, given, np.stack(phrases))
    names = [domain.form.names[track] for track in given.tracks]
    description = (
        f"made for the given {', '.join(names)}, of which the latents alone would have"
        f" {100 * float(np.mean(agreements)):.0f} % of the steps right"
    )
    if given.without_track:
        description += f"; left out, of no track of the run: {given.without_track:,} notes"
    return AccompanimentDrawing(
        studio,
        request,
        lambda: domain.picture(np.stack(phrases), len(phrases), None),
        draw_piece=lambda: piece,
        saved=saved_latents(fits),
        digital_source_type=COMPOSITE,
        description=description,
        given=request.image,
        seed=request.seed,
    )


def _misfit(
    domain: Voices, symbols: np.ndarray, is_known: np.ndarray, judge: keras.Model | None
) -> Misfit:
    """Returns what is minimised: a function of one-hot phrases, [n, steps, symbols, lanes]."""
    wanted = domain.to_model(tf.constant(symbols[None]))
    known = tf.constant(is_known[None, :, 0, :].astype(np.float32))[:, :, None, :]
    total = max(float(is_known.sum()), 1.0)

    def misfit(phrases: tf.Tensor) -> tf.Tensor:
        agreement = tf.reduce_sum(known * wanted * phrases, axis=[1, 2, 3])
        missed = (float(is_known.sum()) - agreement) / total
        if judge is None:
            return missed
        completed = known * wanted + (1.0 - known) * phrases
        return missed - _REALISM * tf.reshape(judge(completed, training=False), [-1])

    return misfit


def _judge(studio: Studio) -> keras.Model | None:
    """Returns the discriminator, to the logits alone; None where it needs more than one phrase."""
    if studio.loaded.num_classes:
        return None
    discriminator = load_discriminator(studio.run, studio.loaded)
    shape = tuple(studio.loaded.domain.model_shape)
    is_plain = len(discriminator.inputs) == 1 and discriminator.inputs[0].shape[1:] == shape
    return discriminator if is_plain and not isinstance(discriminator.output, dict) else None


def completed(domain: Voices, given: Given, phrases: np.ndarray) -> Piece:
    """Returns phrases in a row, with the user's own notes in place of theirs, in their key.

    Args:
      phrases: uint8 [phrases, steps, 1, lanes], of which the known symbols are those given.
    """
    made = transposed_piece(joined([domain.piece(phrase) for phrase in phrases]), -given.semitones)
    grid, piece = domain.form.grid, given.piece
    end = given.bars * grid.ticks_of_bars(1, made.ticks_per_quarter)

    def scaled(tick: int) -> int:
        return round(tick * made.ticks_per_quarter / piece.ticks_per_quarter)

    tracks = []
    for own, theirs in zip(made.tracks, piece.tracks, strict=True):
        if theirs.notes:
            kept = [
                note._replace(start=scaled(note.start), end=scaled(note.end))
                for note in theirs.notes
            ]
            last = max(note.end for note in kept)
            later = [note for note in own.notes if note.start >= max(end, last)]
            own = replace(own, notes=tuple(sorted([*kept, *later])))
        tracks.append(own)
    tempos = tuple(TempoChange(scaled(tick), speed) for tick, speed in piece.tempos)
    length = max(made.length, *(note.end for track in tracks for note in track.notes))
    return replace(made, tracks=tuple(tracks), tempos=tempos, length=length)
