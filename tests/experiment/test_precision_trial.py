"""What `precision: auto` becomes on a CPU; the clock is made up."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from gan_cli.assembly.resolving import resolve_for
from gan_cli.config.schema import Config
from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.images import Images
from gan_cli.experiment import precision_trial
from gan_cli.experiment.precision_trial import timed, with_precision
from gan_cli.training import precision
from gan_cli.training.distribution import ONE_DEVICE

IMAGES = ImageDataset(np.zeros([40, 8, 8, 1], np.uint8), None, (), "x")
DATA = DataSplits(IMAGES, IMAGES, Images((8, 8, 1)))


def asked(wanted="auto", architecture="mlp"):
    return Config.model_validate(
        {
            "data": {"source": "npz", "path": "x"},
            "model": {
                "architecture": architecture,
                "generator_channels": 4,
                "discriminator_channels": 4,
            },
            "training": {"batch_size": 8, "precision": wanted},
        },
        strict=False,
    )


@pytest.fixture
def trial(monkeypatch, tmp_path):
    """Answers with made-up seconds, on a CPU that has bfloat16; counts how often it is asked."""
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path))
    monkeypatch.setattr(precision, "_cpu_flags", lambda: {"avx2", "avx512_bf16"})
    made_up = SimpleNamespace(seconds={"float32": 1.0, "mixed_bfloat16": 0.5}, asked=0, lines=[])

    def answer(passes):
        made_up.asked += 1
        for call in passes.values():
            call()
        return made_up.seconds

    monkeypatch.setattr(precision_trial, "timed", answer)
    return made_up


def chosen(trial, config=None, recorded=None, distribution=ONE_DEVICE):
    found = with_precision(config or asked(), DATA, recorded, distribution, trial.lines.append)
    return found.training.precision


@pytest.mark.parametrize(
    ("half", "expected"), [(0.5, "mixed_bfloat16"), (0.95, "float32"), (2.0, "float32")]
)
def test_the_faster_one_is_taken_where_it_is_worth_it(trial, half, expected):
    trial.seconds["mixed_bfloat16"] = half
    assert chosen(trial) == expected
    (line,) = trial.lines
    assert f"auto is {expected} here" in line
    assert f"1000 ms in float32 and {1000 * half:.0f} ms in mixed_bfloat16, as timed now" in line


def test_the_same_networks_are_timed_once(trial, tmp_path):
    assert chosen(trial) == chosen(trial) == "mixed_bfloat16"
    assert trial.asked == 1
    assert trial.lines[1].endswith("as timed before")
    (file,) = (tmp_path / "precision").iterdir()
    assert json.loads(file.read_text()) == trial.seconds
    file.write_text("{")
    chosen(trial)
    assert trial.asked == 2
    chosen(trial, asked(architecture="conv"))
    assert trial.asked == 3


def test_nothing_is_timed_where_the_answer_is_known(trial, monkeypatch):
    assert chosen(trial, asked("float32")) == "float32"
    recorded = resolve_for(asked("mixed_bfloat16"), DATA)
    assert chosen(trial, recorded=recorded) == "mixed_bfloat16"
    assert chosen(trial, distribution=SimpleNamespace(workers=2)) == "auto"
    monkeypatch.setattr(precision, "_cpu_flags", lambda: {"avx2"})
    assert chosen(trial) == "auto"
    assert (trial.asked, trial.lines) == (0, [])
    assert precision.resolve_precision("auto") == "float32"


def test_networks_that_cannot_run_are_left_to_those_who_say_what_is_wrong(trial, monkeypatch):
    def fail(config, num_classes):
        raise ValueError("no such layer")

    monkeypatch.setattr(precision_trial, "build_state", fail)
    assert chosen(trial) == "auto"


def seconds_of(lengths, limit):
    """The result of `timed` where each call of a function takes the next of its lengths."""
    now = [0.0]

    def passing(own):
        remaining = iter(own)

        def call():
            now[0] += next(remaining)

        return call

    return timed({n: passing(own) for n, own in lengths.items()}, limit, lambda: now[0])


def test_first_calls_do_not_count():
    found = seconds_of({"a": [9.0, 1, 2, 3, 1, 2, 3, 2], "b": [5.0, 4, 4, 4, 4, 4, 4, 4]}, 1e9)
    assert found == {"a": 2.0, "b": 4.0}


def test_slow_calls_count_from_the_first():
    assert seconds_of({"a": [4.0], "b": [5.0]}, 8.0) == {"a": 4.0, "b": 5.0}
    assert seconds_of({"a": [1.0, 3.0], "b": [1.0, 4.0]}, 8.0) == {"a": 3.0, "b": 4.0}
