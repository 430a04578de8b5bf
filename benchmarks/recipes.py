"""Every recipe for as many of the same images: what each has learned by then.

python -m benchmarks.recipes [KIMG] [SEEDS] [NAME ...]

Trains small networks of every architecture on Fashion-MNIST through `gan-train`, scores them
through `gan-eval`, and writes docs/results.md with the table, docs/figures/results-NAME.png with the
grids and docs/figures/results-curves.png with the distance on the way. Runs stay in runs/recipes: what
is finished there is not trained again.
"""

import json
import sys
from pathlib import Path
from statistics import mean, pstdev

import yaml
from matplotlib.figure import Figure
from PIL import Image

from benchmarks.commands import call

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "runs" / "recipes"
FIGURES = ROOT / "docs" / "figures"
NUM_SAMPLES = 5000
# Scores on the way to the end, of fewer images.
MARKS = 5
SAMPLES_ON_THE_WAY = 2000
SMALL = {"generator_channels": 16, "discriminator_channels": 16, "max_channels": 64}
HINGE = {"loss": "hinge", "penalties": []}
TWO_RATES = {
    "generator_optimizer": {"learning_rate": 2e-4, "beta_2": 0.9},
    "discriminator_optimizer": {"learning_rate": 4e-4, "beta_2": 0.9},
}
# By name: (what is said about it, sections of its config). What is left open is chosen as always.
RECIPES: dict[str, tuple[str, dict]] = {
    "conv": ("default: relativistic, lazy R1 + R2", {"model": {"architecture": "conv"}}),
    "dcgan": (
        "non-saturating, no penalty",
        {
            "model": {"architecture": "dcgan", "latent_dim": 100},
            "objective": {"loss": "non_saturating", "penalties": []},
            "training": {
                "generator_optimizer": {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999},
                "discriminator_optimizer": {"learning_rate": 2e-4, "beta_1": 0.5, "beta_2": 0.999},
            },
        },
    ),
    "mlp": (
        "non-saturating, no penalty",
        {
            "model": {"architecture": "mlp", "latent_dim": 100, "latent_distribution": "uniform"},
            "objective": {"loss": "non_saturating", "penalties": []},
            "training": {
                "batch_size": 100,
                "generator_optimizer": {"beta_1": 0.5},
                "discriminator_optimizer": {"beta_1": 0.5},
            },
        },
    ),
    "sngan": (
        "hinge, spectral norm",
        {
            "model": {"architecture": "sngan", **SMALL},
            "objective": HINGE,
            "training": TWO_RATES,
        },
    ),
    "sagan": (
        "hinge, spectral norm, attention",
        {
            "model": {"architecture": "sagan", **SMALL},
            "objective": HINGE,
            "training": TWO_RATES,
        },
    ),
    "biggan": (
        "hinge, spectral norm, orthogonal",
        {
            "model": {
                "architecture": "biggan",
                "conditional": True,
                "generator_channels": 32,
                "discriminator_channels": 32,
                "max_channels": 64,
            },
            "objective": {
                **HINGE,
                "generator_penalties": [{"name": "orthogonal", "gamma": 1e-4}],
            },
            "training": TWO_RATES,
        },
    ),
    "stylegan2": (
        "non-saturating, lazy R1, path length",
        {
            "model": {"architecture": "stylegan2", "options": {"mapping_layers": 2}, **SMALL},
            "objective": {
                "loss": "non_saturating",
                "penalties": [{"name": "r1", "every": 16}],
                "generator_penalties": [{"name": "path_length", "every": 4}],
            },
        },
    ),
    "r3gan": (
        "relativistic, R1 + R2 at every step",
        {
            "model": {"architecture": "r3gan", "options": {"blocks_per_stage": 1}, **SMALL},
            "objective": {"loss": "relativistic", "penalties": [{"name": "r1"}, {"name": "r2"}]},
            "training": {
                "generator_optimizer": {"learning_rate": 1e-3},
                "discriminator_optimizer": {"learning_rate": 1e-3},
            },
        },
    ),
    "progan": (
        "Wasserstein with gradient penalty, grown over the first two thirds",
        {
            "model": {
                "architecture": "progan",
                "options": {"stable_kimg": 25, "fade_kimg": 25},
                **SMALL,
            },
            "objective": {
                "loss": "wasserstein",
                "penalties": [{"name": "wgan_gp"}, {"name": "drift"}],
            },
            "training": {
                "generator_optimizer": {"learning_rate": 1e-3},
                "discriminator_optimizer": {"learning_rate": 1e-3},
            },
        },
    ),
    "fastgan": (
        "hinge, reconstruction, DiffAugment",
        {
            "model": {"architecture": "fastgan", **SMALL},
            "objective": {**HINGE, "augmentation": {"name": "diffaugment"}},
        },
    ),
}

PAGE = """# Results

Each recipe was shown {kimg:g} thousand images out of the 60,000 training images of Fashion-MNIST at
28x28 pixels, with networks of 16 to 64 channels (`mlp` as published) and from one seed where no
spread is given: what a recipe gives at the start, not what it reaches in the end. Most of them were
made for days on GPUs. All were scored in the features of one classifier, {samples:,} generated
images against the 10,000 test images; the figures compare with each other and with no paper's.

    python -m benchmarks.recipes {kimg:g} {seeds} {names}

| architecture | objective | Fréchet distance | precision | recall | coverage |
|---|---|---|---|---|---|"""


def main() -> None:
    kimg = float(sys.argv[1]) if len(sys.argv) > 1 else 200.0
    num_seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    names = sys.argv[3:] or list(RECIPES)
    FIGURES.mkdir(parents=True, exist_ok=True)
    rows = {}
    for name in names:
        evaluations = [run(name, kimg, seed) for seed in range(num_seeds)]
        rows[name] = evaluations
        write_page(kimg, num_seeds, rows)


def run(name: str, kimg: float, seed: int) -> dict:
    """Trains and scores one recipe with one seed; returns the record of `gan-eval`."""
    folder = RUNS / f"{name}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    said = RECIPES[name][1]
    config = {
        "name": name,
        "seed": seed,
        "data": {"source": "idx", "path": "/usr/share/datasets/fashion-mnist"},
        **said,
        "training": {
            **said.get("training", {}),
            "kimg": kimg,
            "grid_every_kimg": 1000,
            "checkpoint_every_kimg": 1000,
        },
        "evaluation": {"every_kimg": kimg / MARKS, "num_samples": SAMPLES_ON_THE_WAY},
    }
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    flags = ["--run_dir", str(folder / "run")]
    call("train", "--config", str(path), *flags)
    call("eval", *flags, "--checkpoint", "latest", "--num_samples", str(NUM_SAMPLES))
    if seed == 0:
        picture = FIGURES / f"results-{name}.png"
        call("sample", *flags, "--checkpoint", "latest", "--grid", "6x10", "--out", str(picture))
        # A gray grid needs no colours, and the repository no large files.
        Image.open(picture).convert("L").save(picture, optimize=True)
    newest = max((folder / "run" / "evaluations").glob("*.json"), key=lambda p: p.stat().st_mtime)
    return json.loads(newest.read_text(encoding="utf-8"))


def write_page(kimg: float, seeds: int, rows: dict[str, list[dict]]) -> None:
    """Writes docs/results.md anew, after each recipe."""
    lines = [PAGE.format(kimg=kimg, seeds=seeds, names=" ".join(rows), samples=NUM_SAMPLES)]
    for name, records in rows.items():
        scores = [record["scores"] for record in records]
        distance = next(key for key in scores[0] if key.startswith("fd_"))
        cells = [figure([score[key]["value"] for score in scores]) for key in (
            distance, "precision", "recall", "coverage"
        )]  # fmt: skip
        lines.append(f"| `{name}` | {RECIPES[name][0]} | {' | '.join(cells)} |")
    floor = next(iter(rows.values()))[0]["scores"]
    key = next(key for key in floor if key.startswith("fd_"))
    lines += [
        f"| training images | | {floor[key]['floor']:.3g} | {floor['precision']['floor']:.3g} |"
        f" {floor['recall']['floor']:.3g} | {floor['coverage']['floor']:.3g} |",
        "",
    ]
    for name in rows:
        lines += [f"`{name}`:", "", f"![{name}](figures/results-{name}.png)", ""]
    (ROOT / "docs" / "results.md").write_text("\n".join(lines), encoding="utf-8")


def figure(values: list[float]) -> str:
    """The mean, with the deviation where there are several seeds."""
    spread = f" ± {pstdev(values):.2g}" if len(values) > 1 else ""
    return f"{mean(values):.3g}{spread}"


if __name__ == "__main__":
    unknown = [name for name in sys.argv[3:] if name not in RECIPES]
    if unknown:
        sys.exit(f"error: no recipe {', '.join(unknown)} (known: {', '.join(RECIPES)})")
    main()
