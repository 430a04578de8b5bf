"""gan-eval: scores generated images against held-out real ones.

gan-eval --run_dir runs/digits
gan-eval --run_dir runs/digits --checkpoint all --metrics all
gan-eval --compare runs/one runs/other
gan-eval --real photos/ --fake samples.npz --features inception --metrics frechet
"""

from collections.abc import Sequence
from pathlib import Path

from absl import flags

from gan_cli.cli import app
from gan_cli.errors import UserError

_RUN_DIR = flags.DEFINE_string("run_dir", None, "Run directory of gan-train.")
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "best", "Which checkpoint: best, latest, the number of images shown, or all."
)
_COMPARE = flags.DEFINE_list("compare", None, "Run directories to score side by side.")
_REAL = flags.DEFINE_string(
    "real", None, "Without a run: the real images, a folder, an .npz or a config with its data."
)
_FAKE = flags.DEFINE_string("fake", None, "The images to score, a folder or an .npz.")
_NUM_SAMPLES = flags.DEFINE_integer(
    "num_samples", None, "Generated images to score; by default the config's number, or all."
)
_FEATURES = flags.DEFINE_string(
    "features", None, "Feature network in place of the config's, such as random or inception."
)
_METRICS = flags.DEFINE_list(
    "metrics", None, "Metrics in place of the config's, one after another, or all."
)
_STATS = flags.DEFINE_string(
    "stats", None, "npz of mean and covariance: the Fréchet distance is taken to it, or it is made."
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the generated images and of the resampling.")
_OUT = flags.DEFINE_string("out", None, "JSON file for the scores.")


def main(argv: Sequence[str]) -> int:
    runs = [*_COMPARE.value, *argv[1:]] if _COMPARE.value else []
    if argv[1:] and not runs:
        raise UserError(f"unexpected argument '{argv[1]}'; flags start with --")
    metrics = _checked_metrics()
    _check_what_is_scored(runs)
    app.import_tensorflow()

    from gan_cli.evaluation.compare import compare_runs
    from gan_cli.evaluation.images import score_against_file, score_images
    from gan_cli.evaluation.scored_run import Request, ScoredRun, score_all, score_checkpoint

    out = Path(_OUT.value) if _OUT.value else None
    request = Request(
        _NUM_SAMPLES.value,
        _FEATURES.value,
        metrics,
        Path(_STATS.value) if _STATS.value else None,
        _SEED.value,
    )
    if _REAL.value:
        score_images(_REAL.value, _FAKE.value, request, out)
    elif _FAKE.value:
        score_against_file(_FAKE.value, request, out)
    elif runs:
        compare_runs(runs, _CHECKPOINT.value, request, out)
    elif _CHECKPOINT.value == "all":
        score_all(ScoredRun(_RUN_DIR.value, "latest", request), out)
    else:
        score_checkpoint(ScoredRun(_RUN_DIR.value, _CHECKPOINT.value, request), out)
    return 0


def _checked_metrics() -> tuple[str, ...] | None:
    from gan_cli.catalog import CHOICES

    if _METRICS.value is None:
        return None
    names = tuple(name.strip() for name in _METRICS.value)
    problems = [problem for name in names if (problem := CHOICES["metric"].problem(name))]
    if problems or not names:
        raise UserError(*(f"--metrics: {problem}" for problem in problems or ["names no metric"]))
    return names


def _check_what_is_scored(runs: list[str]) -> None:
    """Raises UserError for flags that do not go together, before TensorFlow takes its seconds."""
    if _NUM_SAMPLES.value is not None and _NUM_SAMPLES.value < 10:
        raise UserError(f"--num_samples: must be at least 10, got {_NUM_SAMPLES.value}")
    if _SEED.value < 0:
        raise UserError(f"--seed: must be at least 0, got {_SEED.value}")
    if _REAL.value and not _FAKE.value:
        raise UserError("--real: needs --fake, the images to score")
    if _FAKE.value and not (_REAL.value or _STATS.value):
        raise UserError("--fake: needs --real, the images to score against, or --stats")
    kinds = {"--run_dir": _RUN_DIR.value, "--compare": runs, "--fake": _FAKE.value}
    given = [flag for flag, value in kinds.items() if value]
    if not given:
        raise UserError("--run_dir is required, or --compare, or --fake with --real")
    if len(given) > 1:
        raise UserError(f"{given[1]}: cannot be had together with {given[0]}")
    if _CHECKPOINT.value == "all" and not _RUN_DIR.value:
        raise UserError("--checkpoint=all: is for one run, by --run_dir")
    if _FAKE.value and flags.FLAGS["checkpoint"].present:
        raise UserError("--checkpoint: is for runs; --fake has none")
    if _METRICS.value and not _REAL.value and _FAKE.value:
        raise UserError("--metrics: needs --real; statistics give the Fréchet distance alone")
    twice = next((run for run in runs if runs.count(run) > 1), None)
    if twice:
        raise UserError(f"--compare: {twice} is named twice")
    if _OUT.value and Path(_OUT.value).is_dir():
        raise UserError(f"--out: must be a file, got the folder '{_OUT.value}'")


def entry_point() -> None:
    app.run(main, takes_arguments=True)


if __name__ == "__main__":
    entry_point()
