"""gan-eval: scores generated images against held-out real ones.

gan-eval --run_dir runs/digits
gan-eval --run_dir runs/digits --checkpoint all --metrics all
gan-eval --compare runs/one runs/other
gan-eval --real photos/ --fake samples.npz --features inception --metrics frechet
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from absl import flags

from gan_cli.cli import app
from gan_cli.cli.list_flags import define_list
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.evaluation.requests import Settings
    from gan_cli.evaluation.results import Result

_RUN_DIR = flags.DEFINE_string("run_dir", None, "Run directory of gan-train.")
_CHECKPOINT = flags.DEFINE_string(
    "checkpoint", "best", "Which checkpoint: best, latest, the number of images shown, or all."
)
_COMPARE = define_list("compare", "Run directories to score side by side.")
_REAL = flags.DEFINE_string(
    "real",
    None,
    "Real images, for scoring without a run: a folder, an .npz file, or a config with its data.",
)
_FAKE = flags.DEFINE_string(
    "fake", None, "Images to score without a run: a folder or an .npz file."
)
_NUM_SAMPLES = flags.DEFINE_integer(
    "num_samples", None, "Number of images to score; by default the config's, or all of --fake."
)
_FEATURES = flags.DEFINE_string(
    "features", None, "Feature network instead of the config's, such as random or inception."
)
_METRICS = define_list("metrics", "Metrics instead of the config's: a,b or a b, or all.")
_STATS = flags.DEFINE_string(
    "stats",
    None,
    "npz file of mean and covariance to compute the Fréchet distance to; written if there is none.",
)
_SEED = flags.DEFINE_integer("seed", 0, "Seed of the generated images and of the resampling.")
_OUT = flags.DEFINE_string(
    "out", None, "File for the scores: .csv, .html, or any other ending for JSON."
)


# Flags by the request's field, where their names differ.
_FLAG_OF = {"statistics": "stats", "run_dirs": "compare"}


def main(argv: Sequence[str]) -> int:
    further, metrics = _divided(argv[1:])
    runs = [*_COMPARE.value, *further] if _COMPARE.value else []
    if further and not runs:
        raise UserError(f"unexpected argument '{further[0]}'; flags start with --")
    _check_what_is_scored(runs)
    try:
        _score(_request(runs, metrics))
    except UserError as error:
        raise UserError(*error.problems, key=_FLAG_OF.get(error.key or "", error.key)) from error
    return 0


def _divided(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Returns the arguments that are no metrics, and all metrics: `--metrics a b` names two."""
    from gan_cli.evaluation.requests import names_metric

    metrics = [name.strip() for name in _METRICS.value or ()]
    others: list[str] = []
    for argument in arguments:
        (metrics if _METRICS.value and names_metric(argument) else others).append(argument)
    return others, metrics


def _check_what_is_scored(runs: list[str]) -> None:
    """Raises UserError for flags that do not go together."""
    if _REAL.value and not _FAKE.value:
        raise UserError("needs --fake, the images to score", key="real")
    if _FAKE.value and not (_REAL.value or _STATS.value):
        raise UserError("needs --real, the images to score against, or --stats", key="fake")
    kinds = {"run_dir": _RUN_DIR.value, "compare": runs, "fake": _FAKE.value}
    given = [flag for flag, value in kinds.items() if value]
    if not given:
        raise UserError("--run_dir is required, or --compare, or --fake with --real")
    if len(given) > 1:
        raise UserError(f"cannot be combined with --{given[0]}", key=given[1])
    if _FAKE.value and flags.FLAGS["checkpoint"].present:
        raise UserError("is for runs; --fake has none", key="checkpoint")
    if _OUT.value and Path(_OUT.value).is_dir():
        raise UserError(f"must be a file, got the folder '{_OUT.value}'", key="out")


def _request(runs: list[str], metrics: list[str]) -> "Settings":
    """Returns what the flags ask for, checked before TensorFlow takes its seconds."""
    from gan_cli.evaluation import requests

    settings: dict[str, Any] = {
        "num_samples": _NUM_SAMPLES.value,
        "features": _FEATURES.value,
        "metrics": metrics or _METRICS.value,
        "statistics": _STATS.value or None,
        "seed": _SEED.value,
    }
    if _REAL.value and _FAKE.value:
        return requests.ImagesRequest(real=_REAL.value, fake=_FAKE.value, **settings)
    if _FAKE.value:
        return requests.StatisticsRequest(fake=_FAKE.value, **settings)
    checkpoint = _CHECKPOINT.value
    if runs:
        return requests.ComparisonRequest(run_dirs=tuple(runs), checkpoint=checkpoint, **settings)
    # One of the flags is given: `_check_what_is_scored`.
    return requests.RunRequest(run_dir=_RUN_DIR.value or "", checkpoint=checkpoint, **settings)


def _score(request: "Settings") -> None:
    """Does what is asked for, prints the scores and writes them."""
    app.import_tensorflow()

    from gan_cli.cli import tables
    from gan_cli.cli.progress import ConsoleListener
    from gan_cli.evaluation import images, requests, runs
    from gan_cli.evaluation.scorer import RunScorer

    listener = ConsoleListener()
    if isinstance(request, requests.ImagesRequest):
        scored = images.score_images(request, listener)
        tables.print_scores(scored)
        _write(scored)
    elif isinstance(request, requests.StatisticsRequest):
        scored = images.score_against_statistics(request, listener)
        tables.print_scores(scored)
        _write(scored)
    elif isinstance(request, requests.ComparisonRequest):
        compared = runs.compare_runs(request, listener)
        tables.print_comparison(compared)
        _write(compared)
    elif isinstance(request, requests.RunRequest):
        if request.checkpoint == requests.EVERY_CHECKPOINT:
            run = runs.score_every_checkpoint(request, listener)
            tables.print_curve(run)
            _write(run, run.written)
            if run.unwritten:
                raise UserError(*run.unwritten)
        else:
            scorer = RunScorer(request, listener)
            checkpoint = scorer.score()
            # Before anything is written: a full disk must not cost the scores.
            tables.print_scores(checkpoint)
            _write(checkpoint)
            app.say(f"written: {', '.join(map(str, scorer.keep(checkpoint).written))}")


def _write(result: "Result", kept: Sequence[Path] = ()) -> None:
    """Writes the file of --out, and prints where the scores are.

    Args:
      kept: files in the run directory that hold the scores.
    """
    if _OUT.value:
        result.save(_OUT.value)
    written = [*([Path(_OUT.value)] if _OUT.value else []), *kept]
    if written:
        app.say(f"written: {', '.join(map(str, written))}")


def entry_point() -> None:
    app.run(main, takes_arguments=True)


if __name__ == "__main__":
    entry_point()
