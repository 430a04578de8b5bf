"""Parameters of ADA as tests want them: neutral but for what they name."""

import tensorflow as tf

from gan_cli.objectives.augment.ada_color import Color
from gan_cli.objectives.augment.ada_geometry import Blit, Warp

NEUTRAL = {"scale": 1.0, "stretch": 1.0, "contrast": 1.0, "saturation": 1.0}


def _make(kind, batch, values):
    neutral = {name: NEUTRAL.get(name, 0.0) for name in kind._fields}
    return kind(**{n: tf.fill([batch], float(v)) for n, v in (neutral | values).items()})


def make_blit(batch=1, **values) -> Blit:
    return _make(Blit, batch, values)


def make_warp(batch=1, **values) -> Warp:
    return _make(Warp, batch, values)


def make_color(batch=1, **values) -> Color:
    return _make(Color, batch, values)
