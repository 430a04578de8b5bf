"""Trains every loss with every penalty on a ring or a grid of Gaussians, and counts the modes.

python -m benchmarks.toy [ring8|grid25] [SEEDS] [alternating|simultaneous]

Each cell trains the networks of `configs/NAME.yaml` with another objective, once for each seed, for
a few seconds. The table goes to the terminal, all figures to docs/figures/toy-NAME.json and the
points of the first seed to docs/figures/toy-NAME.png; NAME-simultaneous where both networks update
at once.
"""

import dataclasses
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any

import numpy as np
from matplotlib.figure import Figure

import gan_cli
from gan_cli.assembly.resolving import resolve_for
from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.data.dataset import open_splits
from gan_cli.data.pipeline import training_batches
from gan_cli.data.sources import domain_of
from gan_cli.data.sources.points import mixture_of
from gan_cli.domains.mixture import mixture_named
from gan_cli.metrics.modes import counts as modes
from gan_cli.objectives import LOSSES
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.training.loop import DivergedError, compile_steps, train

ROOT = Path(__file__).parent.parent
FIGURES = ROOT / "docs" / "figures"
PENALTIES: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "r1": [{"name": "r1", "gamma": 0.01}],
    "r1 + r2": [{"name": "r1", "gamma": 0.01}, {"name": "r2", "gamma": 0.01}],
    "wgan_gp": [{"name": "wgan_gp", "gamma": 0.1}],
}
NUM_SAMPLES = 2500


@dataclasses.dataclass(frozen=True)
class Outcome:
    """One run: the figures of `metrics.modes.counts`, and whether it stayed finite."""

    modes_covered: float
    high_quality_share: float
    mode_error: float
    seconds: float
    diverged: bool = False


def main() -> None:
    name = sys.argv[1] if len(sys.argv) > 1 else "ring8"
    num_seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    updates = sys.argv[3] if len(sys.argv) > 3 else "alternating"
    more = {"objective.updates": updates}
    stem = f"toy-{name}" if updates == "alternating" else f"toy-{name}-{updates}"
    outcomes: dict[str, dict[str, list[Outcome]]] = {}
    pictures = {}
    for loss in LOSSES.names:
        outcomes[loss] = {}
        for penalty in PENALTIES:
            runs = [train_once(name, loss, penalty, seed, more) for seed in range(num_seeds)]
            outcomes[loss][penalty] = [outcome for outcome, _ in runs]
            pictures[loss, penalty] = runs[0][1]
            print(f"{name} {loss}, {penalty}: {cell(outcomes[loss][penalty])}", flush=True)
    FIGURES.mkdir(parents=True, exist_ok=True)
    record = {
        loss: {key: [dataclasses.asdict(run) for run in runs] for key, runs in row.items()}
        for loss, row in outcomes.items()
    }
    (FIGURES / f"{stem}.json").write_text(json.dumps(record, indent=1) + "\n")
    draw(name, stem, pictures)
    print("| | " + " | ".join(PENALTIES) + " |")
    print("|---" * (len(PENALTIES) + 1) + "|")
    for loss, row in outcomes.items():
        print(f"| `{loss}` | " + " | ".join(cell(runs) for runs in row.values()) + " |")


def train_once(
    name: str, loss: str, penalty: str, seed: int, more: Mapping[str, Any]
) -> tuple[Outcome, np.ndarray]:
    """Trains one run to its end; returns its figures and points, float32 [2500, 2]."""

    overrides = {
        "objective.loss": loss,
        "objective.penalties": PENALTIES[penalty],
        "seed": seed,
        "training.precision": "float32",
        **more,
    }
    config = gan_cli.load_config(ROOT / "configs" / f"{name}.yaml", overrides)
    data = open_splits(config.data)
    config = resolve_for(config, data)
    num_classes = len(data.train.class_names)
    state = build_state(config, num_classes)
    training, images = config.training, data.train.images
    step = build_step(config, state, num_classes, data.holdout)
    began = time.monotonic()
    diverged = False
    try:
        stopped = train(
            compile_steps(step, images.shape[1:], training.xla, str(images.dtype)),
            training_batches(
                data.train, step.reals_per_step, seed, steps_per_call=training.steps_per_call
            ),
            images_shown=0,
            total_images=round(training.kimg * 1000),
            batch_size=step.images_per_step,
            actions=[],
            on_report=lambda images_shown, report: None,
        )
    except DivergedError:
        diverged = True
    else:
        if stopped is not None:
            sys.exit(f"stopped by {stopped.name}; nothing was written")
    seconds = time.monotonic() - began
    latents = latents_for_seeds(
        range(10_000_000, 10_000_000 + NUM_SAMPLES), config.model.latent_dim, "normal"
    )
    points = Sampler(state.generator_ema, domain_of(config.data)).images(latents).reshape(-1, 2)
    if diverged or not np.isfinite(points).all():
        return Outcome(0.0, 0.0, 1.0, seconds, diverged=True), points
    counts = modes.count_modes(points, mixture_of(config.data))
    return (
        Outcome(
            modes.modes_covered(counts),
            modes.high_quality_share(counts),
            modes.mode_error(counts),
            seconds,
        ),
        points,
    )


def cell(runs: list[Outcome]) -> str:
    """Returns the mean number of modes, its range over seeds, and the mean share of good points."""
    covered = [run.modes_covered for run in runs]
    spread = f" ({min(covered):g}-{max(covered):g})" if min(covered) < max(covered) else ""
    lost = sum(run.diverged for run in runs)
    remark = f", {lost} diverged" if lost else ""
    share = 100 * mean(run.high_quality_share for run in runs)
    return f"{mean(covered):.3g}{spread} modes, {share:.0f} %{remark}"


def draw(name: str, stem: str, pictures: dict[tuple[str, str], np.ndarray]) -> None:
    """Draws a small plot for each cell: a row for each loss, a column for each penalty."""
    centres = mixture_named(name).centres
    figure = Figure(figsize=(7.2, 10.8), layout="constrained")
    grid = figure.subplots(len(LOSSES.names), len(PENALTIES))
    for (loss, penalty), points in pictures.items():
        row, column = LOSSES.names.index(loss), list(PENALTIES).index(penalty)
        axes = grid[row][column]
        axes.scatter(*centres.T, s=40, c="#c4c9ce", linewidths=0)
        axes.scatter(*points.T, s=2, c="#d1495b", alpha=0.5, linewidths=0)
        axes.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xticks=[], yticks=[])
        if row == 0:
            axes.set_title(penalty, fontsize="medium")
        if column == 0:
            axes.set_ylabel(loss)
    figure.savefig(FIGURES / f"{stem}.png", dpi=100)


if __name__ == "__main__":
    main()
