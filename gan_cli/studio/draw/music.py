"""Samples of music, one after another, as one piece."""

from dataclasses import replace
from typing import cast

import numpy as np

from gan_cli.domains.domain import Domain
from gan_cli.domains.phrases import Phrases
from gan_cli.errors import UserError
from gan_cli.media.formats import refuse_too_many
from gan_cli.music.keys import transposed_piece
from gan_cli.music.piece import Piece, TempoChange, joined
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.image_requests import FoundMusic
from gan_cli.studio.studio import Studio


def piece_of(domain: Domain, samples: np.ndarray) -> Piece:
    """Returns phrases joined at their bar lines, without gaps.

    Args:
      domain: one that supports `SOUND`.
      samples: [count, *domain.stored_shape].
    """
    return joined([cast(Phrases, domain).piece(sample) for sample in samples])


def piece_as_given(domain: Domain, samples: np.ndarray, semitones: int, microseconds: int) -> Piece:
    """Returns phrases as one piece in the key and tempo of a user's file.

    Args:
      semitones: by how many the piece is higher than the phrases.
      microseconds: of a quarter note.
    """
    piece = transposed_piece(piece_of(domain, samples), semitones)
    return replace(piece, tempos=(TempoChange(0, microseconds),))


def draw_found_music(studio: Studio, request: FoundMusic) -> Drawing:
    """Draws the phrases of saved latents.

    Raises:
      UserError: the latents belong to another generator, or are too many.
    """
    domain, saved = studio.loaded.domain, studio.saved_latents(request.latents)
    if saved is None:
        raise UserError("it names no latents")
    refuse_too_many(len(saved.latents))
    samples = studio.saved_images(saved)
    return Drawing(
        studio,
        request,
        lambda: domain.picture(samples, len(samples), None),
        draw_piece=lambda: piece_as_given(domain, samples, request.semitones, request.microseconds),
        saved=saved,
    )
