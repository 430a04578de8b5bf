"""Attacks on runs as a whole: their splits, where they start from, sweeps, links, and reports."""

import json
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from benchmarks.attempts import EVALUATE, LONGER, RUNS, SAMPLE, SAY, TRAIN, Attempt, train, unrun
from benchmarks.file_attacks import LAST, a_folder, a_pipe, cut, linked_to

# The runs of builtin data and of points, beside those of `small_runs`.
MORE_RUNS = {"names.yaml": "named", "tunes.yaml": "tunes", "toy.yaml": "toy"}
_TRAINING = (
    "training: {batch_size: 16, steps_per_call: 4, precision: float32, kimg: 0.16,"
    " checkpoint_every_kimg: 0.08, grid_every_kimg: 0.08, log_every_kimg: 0.064}"
)
_MODEL = "generator_channels: 8, discriminator_channels: 8, latent_dim: 8"
MORE_CONFIGS = {
    "names.yaml": f"""
name: names
data: {{source: builtin, name: surnames, max_images: 200}}
model: {{architecture: sequence, {_MODEL}, options: {{discriminator_blocks: 1}}}}
{_TRAINING}
evaluation: {{every_kimg: 0, num_samples: 32}}
""",
    "tunes.yaml": f"""
name: tunes
data: {{source: builtin, name: songs, max_images: 60}}
model: {{architecture: choir, {_MODEL}}}
{_TRAINING}
evaluation: {{every_kimg: 0, num_samples: 10}}
""",
    "toy.yaml": f"""
name: toy
data: {{source: points, name: ring8, num_points: 400}}
model: {{architecture: points_mlp, latent_dim: 2}}
{_TRAINING}
evaluation: {{every_kimg: 0, num_samples: 64}}
""",
}
ALL_RUNS = RUNS | MORE_RUNS
Prepare = Callable[[Path], None]
_FRESH = ("gan-train", "--config=tuned.yaml", "--run_dir=new")
_COPY = ("gan-train", "--config=small.yaml", "--run_dir=copy", LONGER)


def trains(config: str, *settings: str, run_dir: str = "new") -> tuple[str, ...]:
    """A new run by a config with other settings."""
    settings = tuple(f"--set={each}" for each in settings)
    return ("gan-train", f"--config={config}", f"--run_dir={run_dir}", *settings)


def _split(run: str, change: Callable[[Any], Any]) -> Prepare:
    def prepare(folder: Path) -> None:
        path = folder / run / "split.json"
        text = json.dumps(change(json.loads(path.read_text())))
        path.write_text(text, errors="surrogatepass")

    return prepare


def splits() -> Iterator[Attempt]:
    """What a run keeps about which samples are held out is edited, or gone."""
    changes: dict[str, Callable[[Any], Any]] = {
        "other types": lambda split: dict.fromkeys(split, 5),
        "numbers for marks": lambda split: {key: [1, 2.5, None] for key in split},
        "sides exchanged": lambda split: dict(zip(split, reversed(split.values()), strict=True)),
        "all trained": lambda split: {key: [*chain(*split.values())] for key in split},
        "nothing known": lambda split: {key: [] for key in split},
        "strange marks": lambda split: {key: ["\ud800", "\x1b[2J", "." * 9**5] for key in split},
        "a further key": lambda split: split | {"more": {}},
        "a list": lambda split: list(split),
    }
    for number, (what, change) in enumerate(changes.items()):
        config, run = list(RUNS.items())[number % 3]
        yield Attempt("a split", f"{run}: {what}", (*train(config), LONGER), _split(run, change))
    for number, harm in enumerate((os.unlink, a_folder, a_pipe, linked_to("split.json"), cut)):
        config, run = list(RUNS.items())[number % 3]

        def prepare(folder: Path, run: str = run, harm: Prepare = harm) -> None:
            harm(folder / run / "split.json")

        what = f"{run}: {getattr(harm, '__name__', 'harm')}"
        yield Attempt("a split", what, (*train(config), LONGER), prepare)
        if number < 2:
            command = (EVALUATE, SAY)[number]
            yield Attempt("a split", f"{what}, {command[0]}", command, prepare)


def _harmed(name: str, harm: Prepare) -> Prepare:
    return lambda folder: harm(folder / name)


def _loop(folder: Path) -> None:
    (folder / "one").symlink_to("two")
    (folder / "two").symlink_to("one")


def starts() -> Iterator[Attempt]:
    """Weights are taken from damaged, foreign and changing runs."""
    data = f"run/{LAST}/state.data-00000-of-00001"
    for source, what, prepare in (
        ("run", "weights cut in half", _harmed(data, cut)),
        ("run", "no checkpoints", unrun("run/checkpoints")),
        ("run", "no environment.json", unrun("run/environment.json")),
        ("run", "config of another run", lambda f: shutil.copy(f / "toy/config.yaml", f / "run")),
        ("spoken", "a run of text", unrun()),
        ("played", "a run of music", unrun()),
        ("toy", "a run of points", unrun()),
        ("new", "itself", unrun()),
        ("one", "a loop of links", _loop),
        (".", "the working folder", unrun()),
        ("run/checkpoints/../checkpoints/ckpt-160", "a way round", unrun()),
        ("tuned", "a run that started from another", unrun()),
        ("a.keras", "an empty file", lambda f: (f / "a.keras").touch()),
        ("a.keras", "noise", lambda f: (f / "a.keras").write_bytes(b"PK\3\4" + b"\xff" * 999)),
        ("a.keras", "a folder", lambda f: (f / "a.keras").mkdir()),
        ("a.keras", "an endless device", lambda f: (f / "a.keras").symlink_to("/dev/zero")),
    ):
        command = (*_FRESH, f"--set=training.init_from={source}")
        yield Attempt("a start", f"{source}: {what}", command, prepare)
    for setting in (
        "training.init={optimizers: keep, networks: [discriminator]}",
        "training.freeze={discriminator: 1, until_kimg: 1e300}",
        "training.freeze={discriminator: 999}",
        "model.latent_dim=1",
        "model.conditional=false",
        "data={source: builtin}",
    ):
        yield Attempt("a start", setting, (*_FRESH, f"--set={setting}"))
    # The other run is gone, or another one, when the started one is continued.
    yield Attempt("a start", "continued without it", (*train("tuned.yaml"), LONGER), unrun("run"))

    def exchange(folder: Path) -> None:
        shutil.rmtree(folder / "run")
        (folder / "spoken").rename(folder / "run")

    yield Attempt("a start", "continued beside another", (*train("tuned.yaml"), LONGER), exchange)
    changing = (TRAIN, ("gan-sample", *SAMPLE[1:]))
    yield Attempt("a start", "a run that begins", _FRESH, unrun("run"), beside=changing)


def sweeps() -> Iterator[Attempt]:
    sweep = ("gan-train", "--config=toy.yaml", "--run_dir=sweep")
    long = "x" * 400
    for given in (
        *("training.batch_size=", "=", "training.batch_size", ",", "training.batch_size=8,8"),
        *("training.batch_size=8,,16", "training.kimg=nan,1", "seed=1,2", "name=[[[", "a..b=1,2"),
        *("name=../../x,\x1b[2J", f"name={long},{long}y", "training.batch_size=0,8", "nothing=1"),
        *("training.kimg=1e308,1e309", "data.path=/dev/zero,/", "name=',", "\udce9=1,2"),
    ):
        yield Attempt("sweeps", f"--sweep={given!a:.40}", (*sweep, f"--sweep={given}", "--seeds=1"))
    for seeds in ("0,0", "3-1", "", "-1", "1e3", "\u0663", "0-", "99999999999999999999", "0-10**9"):
        yield Attempt("sweeps", f"--seeds={seeds!a}", (*sweep, f"--seeds={seeds}"))
    short = (*sweep, "--set=training.kimg=0.08")
    named = (*short, "--sweep=name='a,b',\"[x]\"")
    yield Attempt("sweeps", "names with commas and brackets", named)
    both = (*short, "--seeds=0-1")
    yield Attempt("sweeps", "in a file", both, lambda folder: (folder / "sweep").touch())
    yield Attempt("sweeps", "a run's place is a file", both, _touch("sweep/seed-1"))
    yield Attempt("sweeps", "two at once", both, beside=(both,))
    yield Attempt("sweeps", "the same twice, must", (*both, "--resume=must"))
    yield Attempt("sweeps", "killed", both, strike=(signal.SIGTERM, 8.0), repeats=True)
    broken = _touch("sweep/seed-0/finished.yaml", "sweep/seed-0/config.yaml")
    yield Attempt("sweeps", "damaged records", both, broken)


def _touch(*names: str) -> Prepare:
    def prepare(folder: Path) -> None:
        for name in names:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text("\0")

    return prepare


def accumulations() -> Iterator[Attempt]:
    """Batches in parts that do not divide them, and other odd numbers."""
    for config, value in (
        *(("small.yaml", value) for value in ("0", "-1", "3", "16", "17", "1.5", "true", "1e9")),
        *(("toy.yaml", value) for value in ("16", "5", "[]", "1e999")),
        *(("words.yaml", value) for value in ("2", "7", "'2'")),
        *(("songs.yaml", value) for value in ("8", "16", "null")),
    ):
        command = trains(config, f"training.gradient_accumulation={value}", "training.kimg=0.064")
        yield Attempt("accumulation", f"{config}: {value}", command)
    for more in ("model.pack=3", "model.pack=16", "training.batch_size=1", "training.batch_size=2"):
        command = trains(
            "small.yaml", "training.gradient_accumulation=2", "training.kimg=0.04", more
        )
        yield Attempt("accumulation", more, command)


def links() -> Iterator[Attempt]:
    """Loops of links, and places where nothing may be written."""
    for command in (
        *(("gan-train", "--config=one", "--run_dir=new"), (*TRAIN[:2], "--run_dir=one")),
        *((*TRAIN[:2], "--run_dir=one/run"), trains("small.yaml", "data.path=one")),
        *(trains("words.yaml", "data.path=one"), trains("songs.yaml", "data.path=one")),
        *(("gan-sample", "--run_dir=one", "--out=x.png"), (*SAMPLE[:2], "--out=one")),
        *((*SAMPLE[:2], "--out=one/x.png"), ("gan-eval", "--run_dir=one")),
        *((*EVALUATE, "--out=one"), ("gan-eval", "--real=one", "--fake=images")),
        *(("gan-sample", "--inspect=one"), ("gan-eval", "--compare", "one", "run")),
        *((*TRAIN[:2], "--run_dir=/sys/run"), (*SAMPLE[:2], "--out=/sys/x.png")),
        *((*SAMPLE[:2], "--out=/proc/x", "--until=9"), (*EVALUATE, "--out=/sys/x.csv")),
        (*SAMPLE[:2], "--out=/proc/exported", "--export=keras"),
    ):
        yield Attempt("links and places", " ".join(command), command, _loop)
    for name in ("checkpoints", "samples", "evaluations", "metrics.jsonl", ".lock", "tensorboard"):

        def prepare(folder: Path, name: str = name) -> None:
            linked_to(name)(folder / "run" / name)

        yield Attempt("links and places", f"run/{name}", (*TRAIN, LONGER), prepare)


HOSTILE = (
    "<script>alert(1)<",
    "'\"><img src=x onerror=alert(1)>",
    "{{7*7}}{% include 'x' %}",
    "$x_1^$ \\frac{",
    "a\nb\x1b[2J",
    "\udce9",
    "](javascript:alert(1)) `x`",
    "=cmd|'",
)


def reports() -> Iterator[Attempt]:
    """Names of runs and classes on the pages and cards that commands write."""
    for name in HOSTILE:

        def prepare(folder: Path, name: str = name) -> None:
            (folder / "images").unlink()
            for label in (name, "other"):
                pictures = sorted((folder / "run/samples").glob("*.png"))
                (folder / "images" / label).mkdir(parents=True)
                for number in range(20):
                    target = folder / "images" / label / f"{number}.png"
                    shutil.copy(pictures[number % len(pictures)], target)

        settings = ("data.image_size=8", "training.kimg=0.064", "evaluation.every_kimg=0")
        command = trains("small.yaml", *settings, run_dir=f"{name}.d")
        yield Attempt("reports", f"class and run: {name!a}", command, prepare)

        def rename(folder: Path, name: str = name) -> None:
            (folder / "run").rename(folder / f"{name}.d")

        table = ("gan-eval", "--compare", f"{name}.d", "toy", "--metrics=frechet", "--out=x.html")
        yield Attempt("reports", f"compared: {name!a}", table, rename)
    for name in ("x\ny: z", "---", "\x1b[2J", "<b>", "a" * 300):
        named = (*SAMPLE[:2], "--out=exported", "--export=hub", f"--licence={name}")
        yield Attempt("reports", f"licence {name!a:.20}", named)


def copies() -> Iterator[Attempt]:
    """Runs that are copied while they are trained, and files that go while they are read."""
    for what, command, lacks in (
        ("resumed", _COPY, ()),
        ("resumed without a manifest", _COPY, (f"{LAST}/manifest.json",)),
        ("resumed with half a checkpoint", _COPY, (f"{LAST}/state.index",)),
        ("resumed without its log", _COPY, ("metrics.jsonl",)),
        ("resumed without its config", _COPY, ("config.yaml",)),
        ("sampled with half a checkpoint", (*SAMPLE[:1], "--run_dir=copy", "--out=x.png"),
         (f"{LAST}/state.data-00000-of-00001",)),
        ("scored without its environment", ("gan-eval", "--run_dir=copy"), ("environment.json",)),
    ):  # fmt: skip

        def prepare(folder: Path, lacks: tuple[str, ...] = lacks) -> None:
            shutil.copytree(folder / "run", folder / "copy")
            for name in lacks:
                (folder / "copy" / name).unlink()
            # As a copy holds it that was made in the middle of a write.
            shutil.copytree(folder / "copy/checkpoints/ckpt-160", folder / "copy/checkpoints/.ckpt")
            (folder / "copy/metrics.jsonl").open("a").write('{"images_sh')

        yield Attempt("copies and company", what, command, prepare)
    several = ("gan-eval", "--run_dir=run", "--checkpoint=all", "--metrics=frechet")
    longer = (*TRAIN, "--set=training.kimg=0.64")
    exporting = (*SAMPLE[:2], "--out=exported", "--export=keras")
    walking = (*SAMPLE[:2], "--out=walk.gif", "--walk=linear", "--seeds=0,1", "--steps=4")
    for one, *others in (
        (longer, several),
        (longer, exporting, walking),
        (several, several, EVALUATE),
        (longer, ("gan-eval", "--compare", "run", "tuned", "--metrics=frechet")),
        (walking, walking),
    ):
        what = " beside ".join(" ".join(each) for each in (one, *others))
        yield Attempt("copies and company", what, one, beside=tuple(others))
