"""Workers wait for one another: who is missing is named, and signals end the wait."""

import contextlib
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from gan_cli.errors import UserError
from gan_cli.training import meeting
from gan_cli.training.meeting import meet
from tests.distribution.test_workers import CONFIG, ENVIRONMENT, GAN_TRAIN, free_ports


def addresses_of(ports):
    return [f"127.0.0.1:{port}" for port in ports]


def meet_all(addresses, delays):
    """What each worker says, where each starts after so many seconds."""
    said = [[] for _ in addresses]

    def start(worker):
        time.sleep(delays[worker])
        meet(addresses, worker, said[worker].append)

    threads = [threading.Thread(target=start, args=[worker]) for worker in range(len(addresses))]
    for thread in threads:
        thread.start()
    # TensorFlow listens at the address of a worker that has met the others.
    for thread, port in zip(threads, addresses, strict=True):
        thread.join(30)
        assert not thread.is_alive(), port
    return said


def test_workers_that_start_together_say_nothing(monkeypatch):
    monkeypatch.setattr(meeting, "_SECONDS_BETWEEN_ROUNDS", 0.01)
    ports = free_ports(2)
    listening = []
    free = meeting._listening

    def kept(address, port, began):
        listening.append(free(address, port, began))
        # As TensorFlow does afterwards, the address goes on to answer.
        return socket.socket()

    monkeypatch.setattr(meeting, "_listening", kept)
    assert meet_all(addresses_of(ports), [0, 0.1]) == [[], []]
    for one in listening:
        one.close()


def test_who_is_missing_is_named_and_so_is_the_end_of_the_wait(monkeypatch):
    monkeypatch.setattr(meeting, "_SECONDS_UNTIL_FIRST_LINE", 0.3)
    ports = free_ports(3)
    addresses = addresses_of(ports)
    with socket.create_server(("127.0.0.1", ports[1])):
        late = threading.Timer(1.0, lambda: others.append(socket.create_server(("", ports[2]))))
        others, said = [], []
        late.start()
        meet(addresses, 0, said.append)
    for one in others:
        one.close()
    assert said == [
        f"waiting for worker 2 at {addresses[2]} (Connection refused); 2 of 3 workers have"
        " started. Ctrl-C or SIGTERM ends this one",
        "all workers have started",
    ]


def test_many_missing_workers_are_counted(monkeypatch):
    addresses = addresses_of(range(1, 7))
    text = meeting._who_is_missing(addresses, dict.fromkeys(range(1, 6), "timed out"))
    assert "worker 3 at 127.0.0.1:4 (timed out), 2 more; 1 of 6 workers have started" in text


def test_an_address_in_use_is_one_line(monkeypatch):
    monkeypatch.setattr(meeting, "_SECONDS_UNTIL_FIRST_LINE", 0.3)
    with socket.create_server(("", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(UserError, match=rf"cannot listen at {address}: Address already in use"):
            meet([address, "127.0.0.1:1"], 0, print)


@pytest.mark.parametrize("address", ["here", "here:", ":1", "here:x", "here:70000"])
def test_an_address_without_a_port_is_one_line(address):
    with pytest.raises(UserError, match=f"must be host:port.*got '{address}'"):
        meet(["127.0.0.1:1", address], 0, print)


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)]
)
def test_a_missing_worker_is_named_on_the_terminal_and_a_signal_ends_the_wait(
    tmp_path, number, status
):
    addresses = addresses_of(free_ports(2))
    config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": 0}}
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    process = subprocess.Popen(
        [*GAN_TRAIN, "tiny.yaml", "--run_dir", "run"],
        cwd=tmp_path,
        env=ENVIRONMENT | {"TF_CONFIG": json.dumps(config), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.send_signal(number)
        _, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert line.startswith(f"waiting for worker 1 at {addresses[1]} (Connection refused)")
    assert process.returncode == status
    assert "Traceback" not in errors
    assert not (tmp_path / "run").exists()


# What TensorFlow's start does to SIGTERM, with a thread of another library at hand.
SWALLOWED = """
import os, signal, threading, time
from gan_cli.io.quiet_imports import held_back
with held_back(signal.SIGTERM):
    from gan_cli.training.cluster import _ended_by_signals
    threading.Thread(target=time.sleep, args=[30], daemon=True).start()
with _ended_by_signals():
    signal.signal(signal.SIGTERM, lambda *_: None)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(0.1)
    print("connected", flush=True)
print("still there")
"""


def test_a_sigterm_while_tensorflow_connects_the_workers_is_not_lost():
    ended = subprocess.run([sys.executable, "-c", SWALLOWED], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout) == (-signal.SIGTERM, "connected\n"), ended.stderr


def test_ctrl_c_ends_a_worker_that_tensorflow_cannot_connect(tmp_path):
    addresses = addresses_of(ports := free_ports(2))
    config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": 0}}
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", ports[1])) as other:
        process = subprocess.Popen(
            [*GAN_TRAIN, "tiny.yaml", "--run_dir", "run"],
            cwd=tmp_path,
            env=ENVIRONMENT | {"TF_CONFIG": json.dumps(config)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        other.accept()
    try:
        # The other worker has answered and is gone. TensorFlow listens here when it waits for it.
        while process.poll() is None and b"tf_" not in names_of_threads(process.pid):
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode in (-signal.SIGINT, 130)
    assert "Traceback" not in errors


# gan-train that gives TensorFlow four seconds to connect the workers.
IMPATIENT = """
from gan_cli.training import cluster
cluster._SECONDS_TO_CONNECT = 4
from gan_cli.cli.train import entry_point
entry_point()
"""


@pytest.mark.parametrize("worker", [0, 1])
def test_a_worker_that_dies_while_tensorflow_connects_the_others_is_named(tmp_path, worker):
    addresses = addresses_of(ports := free_ports(2))
    config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": worker}}
    (tmp_path / "tiny.yaml").write_text(CONFIG)
    with socket.create_server(("127.0.0.1", ports[1 - worker])) as other:
        process = subprocess.Popen(
            [sys.executable, "-c", IMPATIENT, "tiny.yaml", "--run_dir", "run"],
            cwd=tmp_path,
            env=ENVIRONMENT | {"TF_CONFIG": json.dumps(config)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        other.accept()
    try:
        _, errors = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 2, errors
    line = errors.splitlines()[-1]
    gone = f"lost worker {1 - worker} at {addresses[1 - worker]} (Connection refused) while"
    assert f"error: worker {worker}: {gone}" in line
    assert "Traceback" not in errors
    assert not (tmp_path / "run").exists()


def names_of_threads(process):
    found = []
    for path in Path(f"/proc/{process}/task").glob("*/comm"):
        with contextlib.suppress(FileNotFoundError):
            found.append(path.read_bytes())
    return b" ".join(found)
