"""Trains every recipe on the same number of the same images, and compares what each has learned.

python -m benchmarks.recipes DATA [KIMG] [SEEDS] [NAME ...]

Trains small networks of every architecture on DATA, digits or fashion_mnist, and scores them. Runs
stay in runs/recipes; a finished run is not trained again. docs/results_DATA.md gets the table of
all finished runs, docs/figures/results-DATA-NAME.png the grids, and results-DATA-curves.png the
distances during training.
"""

import json
import sys
from pathlib import Path
from statistics import mean, stdev

import yaml
from matplotlib import colormaps
from matplotlib.figure import Figure
from PIL import Image

import gan_cli
from benchmarks.listeners import Messages

ROOT = Path(__file__).parent.parent
RUNS = ROOT / "runs" / "recipes"
FIGURES = ROOT / "docs" / "figures"
NUM_SAMPLES = 5000
# By name: (what the page says of it, the config's section).
DATA: dict[str, tuple[str, dict]] = {
    "digits": (
        "the 1,438 training images of the digits that ship with the package, at 16x16 pixels",
        {"source": "builtin", "name": "digits", "image_size": 16, "holdout_fraction": 0.2},
    ),
    "fashion_mnist": (
        "the 60,000 training images of Fashion-MNIST at 28x28 pixels",
        {"source": "idx", "path": "/usr/share/datasets/fashion-mnist"},
    ),
}
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
        "non-saturating, lazy R1; no path length, no mixing, as the authors at 32 pixels",
        {
            "model": {
                "architecture": "stylegan2",
                "options": {"mapping_layers": 2, "style_mixing": 0.0},
                **SMALL,
            },
            "objective": {
                "loss": "non_saturating",
                "penalties": [{"name": "r1", "gamma": 10.0, "every": 16}],
            },
            "training": {
                "generator_optimizer": {"learning_rate": 2.5e-3},
                "discriminator_optimizer": {"learning_rate": 2.5e-3},
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

PAGE = """# Results on {title}

Each recipe was trained for {kimg:g} thousand images on {data}, with networks of 16 to 64 channels
(`mlp` as published). The figures show how a recipe starts, not what it reaches in the end; most of
them were made for days on GPUs. All were scored in the features of one classifier, {samples:,}
generated images against the held-out ones. Compare the figures with each other, not with those of
papers. With several seeds, they are means and deviations.

    python -m benchmarks.recipes {name} {kimg:g} {seeds}

| architecture | objective | seeds | Fréchet distance | precision | recall | coverage |
|---|---|---|---|---|---|---|"""


def main() -> None:
    data = sys.argv[1]
    kimg = float(sys.argv[2]) if len(sys.argv) > 2 else 200.0
    num_seeds = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    FIGURES.mkdir(parents=True, exist_ok=True)
    for name in sys.argv[4:] or RECIPES:
        runs = [train(data, name, kimg, seed) for seed in range(num_seeds)]
        for run in runs:
            if record_of(run) is None:
                score(run)
        draw(data, name, runs[0])
        write_results(data, kimg)


def train(data: str, name: str, kimg: float, seed: int) -> Path:
    """Trains one recipe with one seed; returns its run directory."""
    folder = RUNS / f"{data}-{kimg:g}-{name}-{seed}"
    folder.mkdir(parents=True, exist_ok=True)
    said = RECIPES[name][1]
    config = {
        "name": name,
        "seed": seed,
        "data": DATA[data][1],
        **said,
        "training": {
            **said.get("training", {}),
            # The same whatever processor this is.
            "precision": "float32",
            "kimg": kimg,
            "grid_every_kimg": 1000,
            "checkpoint_every_kimg": 1000,
        },
        "evaluation": {"every_kimg": kimg / MARKS, "num_samples": SAMPLES_ON_THE_WAY},
    }
    if name == "progan":
        # Two stages are added to the first below 16 pixels, three below 32.
        thirds = kimg * 2 / 3 / (2 * (2 if data == "digits" else 3))
        options = {"stable_kimg": thirds, "fade_kimg": thirds}
        config["model"] = {**said["model"], "options": options}
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    return gan_cli.train(path, folder / "run", listener=Messages()).path


def score(run: Path) -> None:
    """Scores the last checkpoint."""
    gan_cli.open_run(run).evaluate(checkpoint="latest", num_samples=NUM_SAMPLES)


def record_of(run: Path) -> dict | None:
    """Returns the newest scores of a run; None where it has not been scored."""
    records = (run / "evaluations").glob("*.json")
    newest = max(records, key=lambda path: path.stat().st_mtime, default=None)
    return None if newest is None else json.loads(newest.read_text(encoding="utf-8"))


def write_results(data: str, kimg: float) -> None:
    """Writes the page and the curves of every run that is scored."""
    records: dict[str, list[dict]] = {}
    curves: dict[str, list[list[tuple[float, float]]]] = {}
    for name in RECIPES:
        for run in sorted(RUNS.glob(f"{data}-{kimg:g}-{name}-*/run")):
            record = record_of(run)
            if record is not None:
                records.setdefault(name, []).append(record)
                curves.setdefault(name, []).append(learning_curve(run))
    draw_curves(data, curves)
    page = page_of(data, kimg, records)
    (ROOT / "docs" / f"results_{data}.md").write_text(page, encoding="utf-8")


def learning_curve(run: Path) -> list[tuple[float, float]]:
    """Returns the Fréchet distances during training, as pairs of kimg and distance."""
    lines = (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    key = next(key for row in rows for key in row if key.startswith("fd_"))
    return [(row["kimg"], row[key]) for row in rows if key in row]


def draw(data: str, name: str, run: Path) -> None:
    picture = FIGURES / f"results-{data}-{name}.png"
    gan_cli.open_run(run).draw(gan_cli.Grid((6, 10)), "latest").save(picture)
    # A gray grid needs no colours, and the repository no large files.
    Image.open(picture).convert("L").save(picture, optimize=True)


def draw_curves(data: str, curves: dict[str, list[list[tuple[float, float]]]]) -> None:
    """Draws a line for each seed, in one colour for each recipe."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    axes = figure.add_subplot()
    colours = colormaps["tab10"].colors  # type: ignore[attr-defined]
    for (name, lines), colour in zip(curves.items(), colours, strict=False):
        for index, points in enumerate(lines):
            label = None if index else name
            axes.plot(*zip(*points, strict=True), "o-", ms=3, color=colour, label=label)
    axes.set(xlabel="kimg", ylabel="Fréchet distance", yscale="log")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, ncols=2, fontsize="small")
    figure.savefig(FIGURES / f"results-{data}-curves.png", dpi=100)


def page_of(data: str, kimg: float, records: dict[str, list[dict]]) -> str:
    lines = [
        PAGE.format(
            title=data.replace("_", "-").replace("fashion-mnist", "Fashion-MNIST"),
            data=DATA[data][0],
            kimg=kimg,
            seeds=max(map(len, records.values())),
            name=data,
            samples=NUM_SAMPLES,
        )
    ]
    for name, several in records.items():
        scores = [record["scores"] for record in several]
        distance = next(key for key in scores[0] if key.startswith("fd_"))
        keys = (distance, "precision", "recall", "coverage")
        cells = [figure([score[key]["value"] for score in scores]) for key in keys]
        said = RECIPES[name][0]
        lines.append(f"| `{name}` | {said} | {len(several)} | {' | '.join(cells)} |")
    floor = next(iter(records.values()))[0]["scores"]
    key = next(key for key in floor if key.startswith("fd_"))
    lines += [
        f"| training images | | | {floor[key]['floor']:.3g} | {floor['precision']['floor']:.3g} |"
        f" {floor['recall']['floor']:.3g} | {floor['coverage']['floor']:.3g} |",
        "",
        f"![Fréchet distance over kimg](figures/results-{data}-curves.png)",
        "",
    ]
    for name in records:
        lines += [f"`{name}`:", "", f"![{name}](figures/results-{data}-{name}.png)", ""]
    return "\n".join(lines)


def figure(values: list[float]) -> str:
    """Returns the mean as text, with the deviation where there are several seeds."""
    spread = f" ± {stdev(values):.2g}" if len(values) > 1 else ""
    return f"{mean(values):.3g}{spread}"


if __name__ == "__main__":
    if sys.argv[1:2] not in ([name] for name in DATA):
        sys.exit(f"error: say which data: {' or '.join(DATA)}")
    unknown = [name for name in sys.argv[4:] if name not in RECIPES]
    if unknown:
        sys.exit(f"error: no recipe {', '.join(unknown)} (known: {', '.join(RECIPES)})")
    main()
