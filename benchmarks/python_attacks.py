"""Attacks on the Python API: each call must return or raise UserError, whatever it is given."""

import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

_ODD: tuple[Any, ...] = (
    *(None, -1, 1.5, float("nan"), 10**30, True, "", "\ud800", "\x1b[2J", b"x", [], {}, object()),
    *(np.int64(3), np.array([1, 2]), np.float32("inf"), [[1]], "0-99999999999999"),
)


def calls() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yields calls, to be made in a folder with the runs."""
    api: Any = importlib.import_module("gan_cli")
    run, words, songs, toy = (api.open_run(name) for name in ("run", "spoken", "played", "toy"))
    generator = run.generator("latest")
    settings = {"num_samples": 64, "checkpoint": "latest"}
    taking: dict[str, Callable[[Any], Any]] = {
        "open_run": api.open_run,
        "load_config": api.load_config,
        "accumulation": lambda value: api.load_config(
            "small.yaml", {"training.gradient_accumulation": value}
        ),
        "overrides": lambda value: api.load_config("small.yaml", value),
        "generator": run.generator,
        "images": generator.images,
        "classes": lambda value: generator.images([1], classes=value),
        "truncation": lambda value: generator.images([1], truncation=value),
        "draw": run.draw,
        "Grid": lambda value: run.draw(api.Grid(seeds=value), "latest").image,
        "Walk": lambda value: run.draw(api.Walk(seeds=value, kind=value), "latest").frames,
        "Project": lambda value: run.draw(api.Project(value, fit_steps=1), "latest"),
        "metrics": lambda value: toy.evaluate(value, **settings),
        "num_samples": lambda value: toy.evaluate(num_samples=value),
        "statistics": lambda value: run.evaluate(statistics=value, **settings),
        "export": lambda value: run.export("out", value),
        "licence": lambda value: run.export("small.yaml/x", licence=value),
        "write": lambda value: run.write(value, "written"),
        "Images": lambda value: toy.write(api.Images(count=value), "some.npz"),
        "Dataset": lambda value: run.write(api.Dataset(2, proportions=value), "set"),
        "save": lambda value: run.draw(api.Grid(seeds=[1])).save(value),
        "train": lambda value: api.train(value, "new"),
        "run_dir": lambda value: api.train("no.yaml", value),
        "resume": lambda value: api.train("toy.yaml", "new", resume=value),
    }
    for name, call in taking.items():
        for value in _ODD:
            yield f"{name}: {value!a:.30}", partial(call, value)
    for kind, each in (("text", words), ("music", songs), ("points", toy)):
        yield f"{kind}: a sheet", partial(each.draw, api.Sheet("real"))
        yield f"{kind}: a set", partial(each.write, api.Dataset(3), f"{each.path}.set")
        yield f"{kind}: filled", partial(each.draw, api.Inpaint("a.png", mask="a.png"))
        yield f"{kind}: metrics", each.metrics
        yield f"{kind}: scored", partial(each.evaluate, num_samples=64)


def make_calls() -> None:
    """Makes the calls, and prints a line of JSON for each."""
    from gan_cli import UserError

    for what, call in calls():
        how, wrong = "done", ""
        try:
            call()
        except UserError as error:
            how = "refused"
            if not error.problems or any("\n" in problem for problem in error.problems):
                how, wrong = "failed", f"no line for each problem: {error.problems!a:.300}"
        except Exception as error:
            how, wrong = "failed", f"{type(error).__name__}: {error!s:.200}"
        print("\n" + json.dumps([what, how, wrong]), flush=True)


def called_from_python(model: Path) -> Iterator[tuple[str, str, str]]:
    """Yields each attempt in a copy of the runs: the call, how it ended, and what is wrong."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "copy"
        shutil.copytree(model, folder, symlinks=True)
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[1])}
        ended = subprocess.run(
            [sys.executable, "-m", "benchmarks.python_attacks"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
        )
        for line in ended.stdout.splitlines():
            if line.startswith('["'):
                what, how, wrong = json.loads(line)
                yield what, how, wrong
        if ended.returncode:
            yield "the end", "failed", ended.stderr[-600:]


if __name__ == "__main__":
    make_calls()
