"""Scores one checkpoint of a run, and writes the scores to terminal, JSON and report."""

import dataclasses
import json

import numpy as np
from rich.console import Console
from rich.table import Table

from gan_cli.cli.build import LoadedGenerator, load_generator
from gan_cli.cli.evaluator import build_evaluator
from gan_cli.data.dataset import DataSplits, open_splits
from gan_cli.errors import UserError
from gan_cli.metrics.evaluate import Evaluation
from gan_cli.metrics.features.network import FeatureNetwork
from gan_cli.metrics.points import Coordinates
from gan_cli.run.directory import RunDirectory
from gan_cli.run.files import atomic_write
from gan_cli.run.report import write_report
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds

# Far from the seeds that people look at and from those that chose the best checkpoint.
_FIRST_SEED = 10_000_000


def score_run(
    run_dir: str, which: str, num_samples: int | None, features: str | None, seed: int
) -> None:
    """Prints the scores of a checkpoint and keeps them in the run directory.

    Raises:
      UserError: the run, its checkpoint or its data cannot be used.
    """
    run = RunDirectory(run_dir)
    loaded = load_generator(run, which)
    config = loaded.config
    data = open_splits(config.data)
    known = run.read_environment()["dataset"]["fingerprint"]
    if data.fingerprint != known:
        raise UserError(
            f"{run.path}: the data has changed since training: its fingerprint is"
            f" {data.fingerprint[:12]}, was {known[:12]}"
        )
    evaluator = build_evaluator(config, data, features)
    network = evaluator.network
    count = num_samples or config.evaluation.num_samples
    evaluation = evaluator.evaluate(_generate(loaded, data, count, seed), seed)
    note = _note(network)
    _print(loaded, network, evaluation, note)
    record = {
        "checkpoint": loaded.checkpoint_name,
        "kimg": loaded.kimg,
        "weights_sha256": loaded.weights_sha256,
        "dataset_fingerprint": data.fingerprint,
        "features": network.name,
        "features_sha256": network.sha256,
        "features_accuracy": network.accuracy,
        "seed": seed,
        **dataclasses.asdict(evaluation),
        "note": note,
    }
    name = f"{loaded.checkpoint_name}-{network.name}-{evaluation.num_generated}.json"
    atomic_write(run.evaluations / name, json.dumps(record, indent=1))
    write_report(run)
    print(f"written: {run.evaluations / name}, {run.report}")


def _note(network: FeatureNetwork | Coordinates) -> str:
    if isinstance(network, Coordinates):
        return "A mode is covered that has a point within three standard deviations of its centre."
    if network.name == "inception":
        return (
            "Features are of the Inception graph with SHA-256"
            f" {network.file_sha256}: fid and kid compare with published figures taken on the same"
            " reference images with as many generated ones."
        )
    return (
        f"Features are of the network '{network.name}': the figures can be compared with others"
        " taken on the same data by the same network, not with a published FID."
    )


def _generate(loaded: LoadedGenerator, data: DataSplits, count: int, seed: int):
    model = loaded.config.model
    first = _FIRST_SEED + seed * count
    latents = latents_for_seeds(
        range(first, first + count), model.latent_dim, model.latent_distribution
    )
    labels = None
    if loaded.num_classes:
        rng = np.random.default_rng(seed)
        labels = rng.choice(data.train.labels, count).astype(np.int32)
    return Sampler(loaded.generator).batches(latents, labels)


def _print(
    loaded: LoadedGenerator,
    network: FeatureNetwork | Coordinates,
    evaluation: Evaluation,
    note: str,
) -> None:
    console = Console()
    table = Table(
        title=f"{loaded.checkpoint_name}, {loaded.kimg:g} kimg:"
        f" {evaluation.num_generated:,} generated, {evaluation.num_reference:,} held-out images"
    )
    table.add_column("metric", no_wrap=True)
    for column in ("value", "± 95 %", "floor (training images)", "ceiling (noise)"):
        table.add_column(column, justify="right")
    for name, score in evaluation.scores.items():
        arrow = "↑" if score.higher_is_better else "↓"
        table.add_row(
            f"{name} {arrow}",
            *(
                "-" if number is None else f"{number:{form}}"
                for number, form in (
                    (score.value, ".4g"),
                    (score.interval, ".2g"),
                    (score.floor, ".4g"),
                    (score.ceiling, ".4g"),
                )
            ),
        )
    console.print(table)
    if evaluation.class_shares:
        shares = "  ".join(f"{n} {100 * s:.1f} %" for n, s in evaluation.class_shares.items())
        console.print(f"classes: {shares}", soft_wrap=True, highlight=False)
    if network.accuracy is not None:
        console.print(
            f"the classifier is right on {100 * network.accuracy:.1f} % of the held-out images",
            highlight=False,
        )
    console.print(note, soft_wrap=True, highlight=False)
