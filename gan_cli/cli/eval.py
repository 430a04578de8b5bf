"""gan-eval: scores a run's checkpoint against held-out real images.

gan-eval --run_dir runs/digits
gan-eval --run_dir runs/digits --checkpoint latest --num_samples 10000
"""

from collections.abc import Sequence

from absl import flags

from gan_cli.cli import app
from gan_cli.errors import UserError

_RUN_DIR = flags.DEFINE_string("run_dir", None, "Run directory of gan-train.", required=True)
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "best", "Which checkpoint: best, latest, or the number of images shown."
)
_NUM_SAMPLES = flags.DEFINE_integer(
    "num_samples", None, "Generated images to score; by default the config's number."
)
_FEATURES = flags.DEFINE_string(
    "features", None, "Feature network in place of the config's, such as random or inception:FILE."
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the generated images and of the resampling.")


def main(argv: Sequence[str]) -> int:
    del argv
    if _NUM_SAMPLES.value is not None and _NUM_SAMPLES.value < 10:
        raise UserError(f"--num_samples: must be at least 10, got {_NUM_SAMPLES.value}")
    if _SEED.value < 0:
        raise UserError(f"--seed: must be at least 0, got {_SEED.value}")
    app.import_tensorflow()

    from gan_cli.cli.score import score_run

    score_run(_RUN_DIR.value, _CHECKPOINT.value, _NUM_SAMPLES.value, _FEATURES.value, _SEED.value)
    return 0


def entry_point() -> None:
    app.run(main)


if __name__ == "__main__":
    entry_point()
