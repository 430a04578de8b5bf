"""Two processes on one run directory: the second is refused, until the first one is gone."""

import contextlib
import os
import signal
import subprocess
import sys

import pytest

from gan_cli.errors import UserError
from gan_cli.run.lock import RunLock

HOLDER = """
import sys, time, pathlib
from gan_cli.run.lock import RunLock
lock = RunLock(pathlib.Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
time.sleep(60)
"""


def test_a_second_process_is_refused_until_the_first_is_killed(tmp_path):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, tmp_path], stdout=subprocess.PIPE, text=True
    )
    try:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(UserError, match=f"is being trained by process {holder.pid};"):
            RunLock(tmp_path).acquire()
    finally:
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    lock = RunLock(tmp_path)
    lock.acquire()
    assert (tmp_path / ".lock").read_text() == f"{os.getpid()}\n"
    lock.release()
    RunLock(tmp_path).acquire()


def test_a_full_disk_is_one_line_at_the_first_start(small_disk):
    with contextlib.suppress(OSError), (small_disk / "ballast").open("ab", buffering=0) as file:
        while True:
            file.write(bytes(1024))
    with pytest.raises(UserError, match=r"\.lock: cannot be written: No space left on device"):
        RunLock(small_disk).acquire()
