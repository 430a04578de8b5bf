"""Trains architectures on music, by seed, and sets their figures beside a Markov chain's.

python -m benchmarks.music FOLDER [chorales|MIDI FOLDER] [KIMG] [SEEDS]

The contenders are `choir` on voices, and `musegan` and `conv` on piano rolls of the same pieces,
all in C. Each trains for as many phrases (60 kimg by default) with each seed; the runs are kept in
FOLDER, and the same command continues where it was stopped. Figures are those of the best
checkpoint by `fd_descriptors`; the chain's and the held-out pieces' stand beside them.
"""

import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

import gan_cli
from gan_cli.config.schema import Config

_PENALTIES = {"choir": (4, 1.0), "musegan": (4, 10.0), "conv": (4, 10.0)}
_FIGURES = (
    "fd_descriptors",
    "in_scale_error",
    "groove_error",
    "tonal_distance_error",
    "overlap_area",
    "coverage",
    "parallels",
    "crossings",
    "copied_8_beats",
)


def main() -> None:
    arguments = dict(enumerate(sys.argv[1:]))
    folder, source = Path(arguments[0]), arguments.get(1, "chorales")
    kimg, seeds = float(arguments.get(2, 60)), int(arguments.get(3, 2))
    table = Table("architecture", "seed", "images/s", *_FIGURES)
    evaluated = None
    for architecture in _PENALTIES:
        for seed in range(seeds):
            config = config_of(architecture, source, kimg, seed)
            run = gan_cli.train(config, folder / f"{architecture}-{seed}")
            evaluated = run.evaluate().evaluation
            speeds = [
                row["images_per_second"] for row in run.metrics() if "images_per_second" in row
            ]
            speed = f"{sorted(speeds)[len(speeds) // 2]:.0f}"
            table.add_row(architecture, str(seed), speed, *texts(evaluated.scores, "value"))
    assert evaluated is not None
    table.add_row("Markov chain", "", "", *texts(evaluated.scores, "baseline"))
    table.add_row("training pieces", "", "", *texts(evaluated.scores, "floor"))
    Console(width=200).print(table)


def config_of(architecture: str, source: str, kimg: float, seed: int) -> Config:
    """Returns the config of a contender."""
    data: dict[str, Any] = {"source": "chorales", "transpose": "to_c"}
    if source != "chorales":
        data |= {"source": "midi", "path": str(Path(source).absolute())}
    data["form"] = "voices" if architecture == "choir" else "rolls"
    every, gamma = _PENALTIES[architecture]
    return Config.model_validate(
        {
            "name": f"music-{architecture}",
            "seed": seed,
            "data": data,
            "model": {"architecture": architecture},
            "objective": {
                "penalties": [
                    {"name": name, "every": every, "gamma": gamma} for name in ("r1", "r2")
                ]
            },
            "training": {
                "kimg": kimg,
                "batch_size": 64,
                "ema_half_life_kimg": 2.0,
                "generator_optimizer": {"beta_2": 0.99},
                "discriminator_optimizer": {"beta_2": 0.99},
            },
        },
        strict=False,
    )


def texts(scores: dict[str, Any], field: str) -> list[str]:
    """Returns one field of each figure, rounded; an empty text where it is missing."""
    values = [getattr(scores.get(name), field, None) for name in _FIGURES]
    return ["" if value is None else f"{value:.3g}" for value in values]


if __name__ == "__main__":
    main()
