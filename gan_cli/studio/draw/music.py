"""Samples of music, one after another, as one piece."""

from typing import cast

import numpy as np

from gan_cli.domains.domain import Domain
from gan_cli.domains.phrases import Phrases
from gan_cli.music.piece import Piece, joined


def piece_of(domain: Domain, samples: np.ndarray) -> Piece:
    """Returns phrases joined at their bar lines, without gaps.

    Args:
      domain: one that supports `SOUND`.
      samples: [count, *domain.stored_shape].
    """
    return joined([cast(Phrases, domain).piece(sample) for sample in samples])
