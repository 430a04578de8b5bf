"""Trains recipes for surnames with several seeds, and prints a table of their scores.

python -m benchmarks.text_recipes FOLDER [KIMG] [SEEDS] [NAME ...]

Every recipe shows KIMG (80) thousand names, with SEEDS (1) seeds. Runs lie in FOLDER; a finished
one is not trained again, and one that was cut off goes on. The table has the best checkpoints'
scores against names that did not choose them, with mean and deviation over the seeds.
"""

import sys
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import yaml

import gan_cli
from benchmarks.listeners import Messages

FIGURES = ("jsd_2", "jsd_3", "jsd_4", "unique_share", "malformed_share", "copy_ratio")


def r1_and_r2(gamma: float, every: int = 4) -> list[dict[str, Any]]:
    """The penalties R1 and R2."""
    return [{"name": name, "every": every, "gamma": gamma} for name in ("r1", "r2")]


def with_options(**options: Any) -> dict[str, Any]:
    """The section `model` with further options of `sequence`."""
    return {"options": {"discriminator_blocks": 1, "following": 2, **options}}


WGAN_GP = {"loss": "wasserstein", "penalties": [{"name": "wgan_gp", "gamma": 10}]}
# By name: the sections objective, model and training, as far as they differ from `config_of`.
RECIPES: dict[str, dict[str, Any]] = {
    "relativistic": {},
    "hinge": {"objective": {"loss": "hinge", "penalties": r1_and_r2(0.15)}},
    "non-saturating": {"objective": {"loss": "non_saturating", "penalties": r1_and_r2(0.15)}},
    "WGAN-GP": {"objective": WGAN_GP},
    "relativistic, gamma 0.05": {"objective": {"penalties": r1_and_r2(0.05)}},
    "relativistic, gamma 0.5": {"objective": {"penalties": r1_and_r2(0.5)}},
    "relativistic, gamma 0.15 at every step": {"objective": {"penalties": r1_and_r2(0.15, 1)}},
    "softmax": {"model": with_options(output="softmax")},
    "gumbel": {"model": {**with_options(output="gumbel"), "latent_dim": 496}},
    "packs of two": {"model": {**with_options(), "pack": 2}},
    "minibatch deviation": {"model": with_options(minibatch_std_group=8)},
    "no normalisation": {"model": with_options(normalization=False)},
    "batch 64": {"training": {"batch_size": 64}},
}


def config_of(name: str, kimg: float, seed: int) -> dict[str, Any]:
    """Returns the config of a recipe."""
    recipe = RECIPES[name]
    training = {
        "batch_size": 256,
        "kimg": kimg,
        "precision": "float32",
        "ema_half_life_kimg": 6,
        "learning_rate_schedule": {"name": "linear"},
        "generator_optimizer": {"beta_2": 0.99, "learning_rate": 0.0006},
        "discriminator_optimizer": {"beta_2": 0.99, "learning_rate": 0.0015},
    }
    model = {"architecture": "sequence", "max_channels": 128, **with_options()}
    return {
        "name": "surnames",
        "seed": seed,
        "data": {"source": "builtin", "name": "surnames", "holdout_fraction": 0.2},
        "model": model | recipe.get("model", {}),
        "objective": recipe.get("objective", {"penalties": r1_and_r2(0.15)}),
        "training": training | recipe.get("training", {}),
    }


def scores_of(name: str, kimg: float, seed: int, folder: Path) -> dict[str, float]:
    """Trains a recipe, scores its best checkpoint, and returns the figures."""
    own = folder / f"{name.replace(',', '').replace(' ', '_')}-{kimg:g}-{seed}"
    own.mkdir(parents=True, exist_ok=True)
    path = own / "recipe.yaml"
    path.write_text(yaml.safe_dump(config_of(name, kimg, seed), sort_keys=False), encoding="utf-8")
    gan_cli.train(path, own / "run", listener=Messages())
    scores = gan_cli.open_run(own / "run").evaluate(checkpoint="best").scores
    return {figure: scores[figure].value for figure in FIGURES if figure in scores}


def cell(values: list[float]) -> str:
    """A mean, with the deviation where there are several values."""
    if not values:
        return ""
    return f"{mean(values):.3f}" + (f" ± {stdev(values):.3f}" if len(values) > 1 else "")


def main() -> None:
    folder = Path(sys.argv[1])
    kimg = float(sys.argv[2]) if len(sys.argv) > 2 else 80.0
    seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    names = sys.argv[4:] or list(RECIPES)
    print(f"| recipe | {' | '.join(FIGURES)} |")
    print("|---|" + "---|" * len(FIGURES))
    for name in names:
        found = [scores_of(name, kimg, seed, folder) for seed in range(seeds)]
        cells = [cell([each[figure] for each in found if figure in each]) for figure in FIGURES]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
