"""Several runs, one process after another; here the processes do something other than train."""

import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from recording import Recording

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.experiment.sweep import train_runs
from gan_cli.experiment.sweep_plan import plan_runs

# Marks that it runs, waits for a signal, and ends as a command that was stopped.
WAITING = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
pathlib.Path(sys.argv[1]).mkdir(parents=True)
signal.pause()
"""


CONFIG = load_config("builtin:digits", (), CHOICES)

# What is_finished looks at.
TRAINED = "import pathlib, sys; pathlib.Path(sys.argv[1], 'checkpoints').mkdir(parents=True)"


def train(runs, command_for, listener):
    return train_runs(runs, [CONFIG] * len(runs), command_for, listener)


def python(code, *arguments):
    return [sys.executable, "-c", code, *map(str, arguments)]


def test_each_seed_has_a_process_and_a_directory_of_its_own(tmp_path):
    listener = Recording()
    code = "import pathlib, sys; pathlib.Path(sys.argv[2]).mkdir(); print(sys.argv[1])"
    runs = plan_runs(tmp_path, [], [5, 7])
    status = train(runs, lambda run: python(code, run.seed, run.folder), listener)
    assert status == 0
    assert listener.messages == ["seed 5, 1 of 2", "seed 7, 2 of 2"]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "seed-5", tmp_path / "seed-7"]


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    ],
)
def test_the_first_that_fails_ends_the_sweep_with_its_status(tmp_path, code, status):
    listener = Recording()
    assert train(plan_runs(tmp_path, [], [1, 2]), lambda _: python(code), listener) == status
    assert listener.messages == [
        "seed 1, 1 of 2",
        "seed 1 did not finish; run the same command to continue from there",
    ]


def test_a_signal_ends_the_run_under_way_and_the_sweep(tmp_path):
    first = tmp_path / "seed-1"

    def stop():
        while not first.exists():
            time.sleep(0.01)
        signal.pthread_kill(threading.main_thread().ident, signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    stopper = threading.Thread(target=stop)
    stopper.start()
    runs = plan_runs(tmp_path, [], [1, 2])
    status = train(runs, lambda run: python(WAITING, run.folder), Recording())
    stopper.join()
    assert status == 128 + signal.SIGTERM
    assert [path.name for path in Path(tmp_path).iterdir()] == ["seed-1"]
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_run_that_diverged_does_not_keep_the_others_from_training(tmp_path):
    runs = plan_runs(tmp_path, ["training.kimg=1,2"], [])
    codes = {runs[0]: "raise SystemExit(1)", runs[1]: TRAINED}
    assert train(runs, lambda run: python(codes[run], run.folder), Recording()) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["kimg=2"]


def test_finished_runs_are_skipped_unless_their_config_has_changed(tmp_path):
    runs = plan_runs(tmp_path, ["training.kimg=1,2"], [])
    assert train(runs, lambda run: python(TRAINED, run.folder), Recording()) == 0
    other = load_config("builtin:digits", ["training.kimg=2"], CHOICES)
    listener, started = Recording(), []

    def command_for(run):
        started.append(run)
        return python("")

    assert train_runs(runs, [CONFIG, other], command_for, listener) == 0
    assert started == [runs[1]]
    assert "finished already" in listener.messages[0]
    assert train(runs, command_for, Recording()) == 0
    assert started == [runs[1], runs[1]]
