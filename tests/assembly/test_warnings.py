"""What a run's user is warned of before it starts."""

import numpy as np
import pytest

from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.warnings import warnings_of
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.images import Images

WHOLE = ImageDataset(np.zeros((40, 16, 16, 1), np.uint8), None, (), "x")
DATA = DataSplits(WHOLE, WHOLE, Images((16, 16, 1)))


def warnings(architecture, batch_size, replicas=1, pack=1, **options):
    config = Config.model_validate(
        {
            "data": {"source": "builtin"},
            "model": {
                "architecture": architecture,
                "generator_channels": 4,
                "discriminator_channels": 4,
                "max_channels": 8,
                "pack": pack,
                "options": options,
            },
            "training": {"batch_size": batch_size, "precision": "float32"},
        }
    )
    config = resolve_for(config, DATA)
    return warnings_of(config, build_state(config, 0).discriminator, replicas)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("progan", 8), []),
        (("progan", 6), []),  # Groups of 2.
        (("progan", 64, 16), []),
        (("conv", 7), []),
        (
            ("progan", 7),
            [
                "training.batch_size: 7 images cannot be split into groups of 4, so the"
                " discriminator's minibatch standard deviation has no effect; use a multiple of 4"
            ],
        ),
        (
            ("stylegan2", 24, 4, 2),
            [
                "training.batch_size: 3 images (training.batch_size 24 / 4 devices / packs of 2)"
                " cannot be split into groups of 4, so the discriminator's minibatch standard"
                " deviation has no effect; use a multiple of 32"
            ],
        ),
    ],
)
def test_a_batch_that_leaves_minibatch_standard_deviation_without_a_group(arguments, expected):
    assert warnings(*arguments) == expected


def test_groups_of_one_that_are_asked_for_are_fine():
    assert warnings("progan", 7, minibatch_std_group=1) == []
