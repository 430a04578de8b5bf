"""gan-train: trains a GAN from one YAML file.

gan-train --config configs/digits.yaml
gan-train --config configs/digits.yaml --set training.kimg=100 --set seed=1
gan-train --config configs/digits.yaml --seeds 0-4
"""

import time
from collections.abc import Sequence
from pathlib import Path

from absl import flags

from gan_cli.cli import app
from gan_cli.errors import UserError

_CONFIG = flags.DEFINE_string("config", None, "YAML file of the experiment.", required=True)
_RUN_DIR = flags.DEFINE_string("run_dir", None, "Run directory; by default runs/NAME.")
_SET = flags.DEFINE_multi_string("set", [], "Overrides the config: key.path=value; repeatable.")
_SEEDS = flags.DEFINE_string(
    "seeds", None, "Several runs in place of one, such as 0-4: each in seed-N of the run directory."
)
_RESUME = flags.DEFINE_enum(
    "resume",
    "auto",
    ["auto", "never", "must"],
    "Go on from the latest checkpoint: if there is one, not at all, or not without one.",
)
_ACCEPT_CHANGES = flags.DEFINE_bool(
    "accept_changes", False, "Resume although the config differs from the one the run began with."
)
_DRY_RUN = flags.DEFINE_bool(
    "dry_run", False, "Build everything, describe it, write a sheet of real images, and stop."
)


def main(argv: Sequence[str]) -> int:
    # Imported here, so that --help does not wait for them.
    from gan_cli.catalog import CHOICES
    from gan_cli.config.load import load_config

    del argv
    began = time.monotonic()
    config = load_config(_CONFIG.value, _SET.value, CHOICES, "--set")
    run_dir = Path(_RUN_DIR.value or Path("runs") / config.name)
    if _SEEDS.value is not None:
        return _train_seeds(run_dir)
    distribution = None

    def open_devices() -> None:
        from gan_cli.training.cluster import open_distribution

        nonlocal distribution
        distribution = open_distribution(config.training.strategy)

    app.import_tensorflow(open_devices)

    from gan_cli.experiment.experiment import Experiment

    with distribution.alive():
        experiment = Experiment.open(config, run_dir, distribution)
        if _DRY_RUN.value:
            experiment.describe()
            return 0
        experiment.prepare_directory(_RESUME.value, _ACCEPT_CHANGES.value)
        return experiment.train(began)


def _train_seeds(run_dir: Path) -> int:
    from gan_cli.catalog import CHOICES
    from gan_cli.config.load import load_config
    from gan_cli.experiment.sweep import train_seeds
    from gan_cli.studio.texts import parse_seeds

    seeds = parse_seeds(_SEEDS.value)
    if len(set(seeds)) < len(seeds):
        raise UserError(f"--seeds: '{_SEEDS.value}' names a seed twice")
    if _DRY_RUN.value:
        raise UserError("--dry_run: is for one run; leave --seeds out")
    for override in _SET.value:
        if override.partition("=")[0].strip() == "seed":
            raise UserError(f"--set {override}: cannot be had together with --seeds")
    load_config(_CONFIG.value, [*_SET.value, f"seed={max(seeds)}"], CHOICES, "--set")
    flags_of_all = [
        f"--config={_CONFIG.value}",
        f"--resume={_RESUME.value}",
        f"--accept_changes={_ACCEPT_CHANGES.value}",
        *(f"--set={override}" for override in _SET.value),
    ]
    return train_seeds(seeds, run_dir, flags_of_all)


def entry_point() -> None:
    app.run(main)


if __name__ == "__main__":
    entry_point()
