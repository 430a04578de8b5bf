"""Run directories with checkpoints of networks that were never trained."""

from pathlib import Path

import numpy as np

from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.data.dataset import open_splits
from gan_cli.run.checkpoint import CheckpointStore
from gan_cli.run.directory import RunDirectory
from gan_cli.training.state import GanState

DIGITS = {"source": "builtin", "name": "digits"}
POINTS = {"source": "points", "num_points": 500}


def saved_run(
    path: Path,
    data: dict = DIGITS,
    model: dict | None = None,
    training: dict | None = None,
    objective: dict | None = None,
    seed: int = 0,
    checkpoints: tuple[int, ...] = (64,),
) -> GanState:
    """Writes a run that was stopped after each of so many images; returns its state.

    The generator and the discriminator of every further checkpoint differ from those before.
    """
    config = Config.model_validate(
        {
            "data": data,
            "model": {
                "latent_dim": 8,
                "generator_channels": 8,
                "discriminator_channels": 8,
                **(model or {}),
            },
            "objective": objective or {},
            "training": {"precision": "float32", **(training or {})},
            "seed": seed,
        },
        context=CHOICES,
    )
    splits = open_splits(config.data)
    config = resolve_for(config, splits)
    names = splits.train.class_names
    state = build_state(config, len(names))
    run = RunDirectory(path)
    run.write_config(config)
    run.write_environment({"dataset": {"fingerprint": splits.fingerprint, "class_names": names}})
    store = CheckpointStore(run.checkpoints, len(checkpoints))
    for index, images_shown in enumerate(checkpoints):
        if index:
            for network in (state.generator_ema, state.discriminator):
                for weight in network.trainable_weights:
                    weight.assign(weight * (1.0 + 0.5 * np.float32(index)))
        store.save(state.variables(), images_shown)
    return state
