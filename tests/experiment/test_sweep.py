"""Several seeds, one process after another; here the processes do something other than train."""

import signal
import sys
import threading
import time
from pathlib import Path

import pytest
from recording import Recording

from gan_cli.experiment.sweep import seed_directories, train_seeds

# Marks that it runs, waits for a signal, and ends as a command that was stopped.
WAITING = """
import pathlib, signal, sys
signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
pathlib.Path(sys.argv[1]).mkdir(parents=True)
signal.pause()
"""


def python(code, *arguments):
    return [sys.executable, "-c", code, *map(str, arguments)]


def test_each_seed_has_a_process_and_a_directory_of_its_own(tmp_path):
    listener = Recording()
    code = "import pathlib, sys; pathlib.Path(sys.argv[2]).mkdir(); print(sys.argv[1])"
    status = train_seeds(
        [5, 7], tmp_path, lambda seed, folder: python(code, seed, folder), listener
    )
    assert status == 0
    assert listener.messages == ["seed 5, 1 of 2", "seed 7, 2 of 2"]
    assert sorted(tmp_path.iterdir()) == [tmp_path / "seed-5", tmp_path / "seed-7"]
    assert seed_directories(tmp_path, [5, 7]) == sorted(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit(3)", 3),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", 128 + signal.SIGKILL),
    ],
)
def test_the_first_that_fails_ends_the_sweep_with_its_status(tmp_path, code, status):
    listener = Recording()
    assert train_seeds([1, 2], tmp_path, lambda *_: python(code), listener) == status
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
    status = train_seeds(
        [1, 2], tmp_path, lambda seed, folder: python(WAITING, folder), Recording()
    )
    stopper.join()
    assert status == 128 + signal.SIGTERM
    assert [path.name for path in Path(tmp_path).iterdir()] == ["seed-1"]
    assert signal.getsignal(signal.SIGTERM) == before
