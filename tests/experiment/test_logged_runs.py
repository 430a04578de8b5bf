"""Runs that loggers follow, from the first grid to the end."""

import sys

import pytest
from recording import Recording
from test_run_experiment import config

from gan_cli.experiment.experiment import Experiment
from gan_cli.experiment.outcome import Ending
from gan_cli.experiment.run import run_experiment
from gan_cli.run.loggers import LOGGERS
from gan_cli.run.loggers.log import LogEnding
from gan_cli.run.metrics_log import MetricsLog

MODULE = """
calls = []

class Tracker:
    def __init__(self, run):
        self.id, self.address = run.known_id or "first", "somewhere"
        calls.append(("open", run.known_id, run.config["training"]["batch_size"]))

    def scalars(self, images_shown, values):
        calls.append(("scalars", images_shown, values))

    def grid(self, images_shown, grid):
        calls.append(("grid", images_shown, grid.size))

    def close(self, ending):
        calls.append(("close", ending))

def open_log(run):
    return Tracker(run)

def broken(run):
    raise SystemExit("no account")
"""


@pytest.fixture
def calls(tmp_path, monkeypatch):
    (tmp_path / "my_tracker.py").write_text(MODULE)
    monkeypatch.chdir(tmp_path)
    LOGGERS.load("my_tracker:open_log")
    yield sys.modules["my_tracker"].calls
    del sys.modules["my_tracker"]


def test_a_run_logs_its_figures_and_grids_and_a_longer_one_continues(tmp_path, calls):
    asked = config(loggers=("my_tracker:open_log", "my_tracker:broken"), grid_every_kimg=0.032)
    recording = Recording()
    outcome = run_experiment(asked, tmp_path / "run", listener=recording)
    assert outcome.ending == Ending.FINISHED
    assert "logged to my_tracker:open_log: somewhere" in recording.messages
    failed = [each for each in recording.messages if "left out" in each]
    assert failed == ["logger 'my_tracker:broken' fails and is left out from here on: no account"]
    assert calls[0] == ("open", None, 4)
    assert calls[-1] == ("close", LogEnding.FINISHED)
    logged = {call[1]: call[2] for call in calls if call[0] == "scalars"}
    rows = MetricsLog(tmp_path / "run" / "metrics.jsonl").read()
    # The others are the guard's looks.
    rows = [row for row in rows if "training_seconds" in row]
    assert len(rows) == 4
    assert {row["images_shown"] for row in rows} == set(logged)
    for row in rows:
        figures = {name: row[name] for name in row if name not in ("images_shown", "kimg")}
        assert logged[row["images_shown"]] == figures
    # On a slow machine, others come by the clock.
    assert {call[1] for call in calls if call[0] == "grid"} >= {0, 32, 64}

    # Other loggers are no other run.
    del calls[:]
    longer = config(loggers=("my_tracker:open_log",), kimg=0.08)
    assert run_experiment(longer, tmp_path / "run").images_shown == 80
    assert calls[0] == ("open", "first", 4)


def test_a_run_that_ends_by_an_error_is_marked_as_failed(tmp_path, calls, monkeypatch):
    def fail(*_):
        raise RuntimeError("as a driver may")

    monkeypatch.setattr(Experiment, "_plan_by_time", fail)
    with pytest.raises(RuntimeError, match="as a driver may"):
        run_experiment(config(loggers=("my_tracker:open_log",)), tmp_path / "run")
    assert calls[-1] == ("close", LogEnding.FAILED)


def test_a_run_that_diverges_is_marked_as_failed(tmp_path, calls, monkeypatch):
    trouble = RuntimeError("d_loss is nan")
    monkeypatch.setattr(Experiment, "_train_as_chief", lambda *_: (None, trouble))
    outcome = run_experiment(config(loggers=("my_tracker:open_log",)), tmp_path / "run")
    assert outcome.ending == Ending.DIVERGED
    assert calls[-1] == ("close", LogEnding.FAILED)
