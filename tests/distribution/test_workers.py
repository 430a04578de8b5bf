"""Processes of one job, on loopback: equal to one process, and restarted after one is killed."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

HERE = Path(__file__).parent
CONFIG = """
name: tiny
data: {source: builtin}
model: {conditional: true, generator_channels: 8, discriminator_channels: 8, latent_dim: 8}
objective: {n_critic: 2, penalties: [{name: r1, every: 2}]}
training: {batch_size: 16, kimg: 1.28, steps_per_call: 4, precision: float32,
  checkpoint_every_kimg: 0.64, grid_every_kimg: 0.64}
evaluation: {every_kimg: 0.64, num_samples: 100, features: random}
"""
# Learning rates with which nothing is finite; in their place some that diverge; and then good ones,
# with which D wins.
RESCUED = [
    f"--set={key}"
    for key in (
        "training.generator_optimizer.learning_rate=1.0e+14",
        "training.discriminator_optimizer.learning_rate=1.0e+14",
        "training.log_every_kimg=0.064",
        "evaluation.every_kimg=0",
        "guard={every_kimg: 0.128, grace_kimg: 0, learning_rate_factor: 3.2e-9, gamma_factor: 100,"
        " on_non_finite: rollback, on_diverging: rollback, on_strong_discriminator: strengthen}",
    )
]
# As on a user's terminal: a log level in the environment asks for TensorFlow's own lines.
ENVIRONMENT = {key: value for key, value in os.environ.items() if key != "TF_CPP_MIN_LOG_LEVEL"}
GAN_TRAIN = [sys.executable, "-m", "gan_cli.cli.train"]
TWO_DEVICES = [sys.executable, str(HERE / "mirrored_command.py"), "2"]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def start(folder, name, command=GAN_TRAIN, flags=(), environment=None):
    (folder / "tiny.yaml").write_text(CONFIG)
    return subprocess.Popen(
        [*command, "--config", "tiny.yaml", "--run_dir", name, *flags],
        cwd=folder,
        env=ENVIRONMENT | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_job(folder, name, flags=()):
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    cluster = {"worker": addresses}
    return [
        start(
            folder,
            name,
            flags=flags,
            environment={
                "TF_CONFIG": json.dumps(
                    {"cluster": cluster, "task": {"type": "worker", "index": index}}
                )
            },
        )
        for index in range(2)
    ]


def finish(*processes):
    """Exit status and output of each; none outlives the test."""
    try:
        outputs = [process.communicate(timeout=600) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [
        (process.returncode, *output) for process, output in zip(processes, outputs, strict=True)
    ]


def values(run_dir, images):
    reader = tf.train.load_checkpoint(str(run_dir / "checkpoints" / f"ckpt-{images}" / "state"))
    names = [n for n in reader.get_variable_to_shape_map() if n.endswith("VARIABLE_VALUE")]
    return {name: reader.get_tensor(name) for name in names}


def assert_equal(ours, theirs):
    assert ours.keys() == theirs.keys()
    for name in ours:
        np.testing.assert_allclose(ours[name], theirs[name], rtol=0, atol=1e-5, err_msg=name)


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """The run of one device."""
    folder = tmp_path_factory.mktemp("alone")
    ((status, _, errors),) = finish(start(folder, "alone"))
    assert status == 0, errors
    return folder / "alone"


def test_two_processes_take_the_steps_that_one_takes(tmp_path):
    short = ["--set=training.kimg=0.128", "--set=evaluation.every_kimg=0"]
    jobs = {
        "alone": [start(tmp_path, "alone", flags=short)],
        "job": start_job(tmp_path, "job", short),
    }
    for status, _, errors in finish(*jobs["alone"], *jobs["job"]):
        assert status == 0, errors
    assert_equal(*(values(tmp_path / name, 128) for name in jobs))


@pytest.mark.slow
def test_two_processes_equal_one_and_a_killed_job_goes_on_where_it_was(tmp_path, alone):
    job = start_job(tmp_path, "job")
    first = tmp_path / "job" / "checkpoints" / "ckpt-640"
    deadline = time.monotonic() + 200
    while not first.is_dir() and time.monotonic() < deadline:
        assert job[0].poll() is None, job[0].stderr.read()
        time.sleep(0.05)
    # The chief goes on to draw and to evaluate, while the other waits for the next step.
    job[1].kill()
    (status, _, errors), _ = finish(*job)
    assert status == 2
    assert errors.startswith("gan-train: error: worker 0: another worker of the job has ended")
    assert len(errors.splitlines()) == 1, errors
    for status, _, errors in finish(*start_job(tmp_path, "job")):
        assert status == 0, errors
    assert_equal(values(tmp_path / "job", 1280), values(alone, 1280))
    pictures = {path.name for path in (tmp_path / "job" / "samples").iterdir()}
    assert pictures == {path.name for path in (alone / "samples").iterdir()}


@pytest.mark.slow
def test_two_processes_go_back_and_strengthen_together_as_one_does(tmp_path):
    ((status, _, errors),) = finish(start(tmp_path, "alone", flags=RESCUED))
    assert status == 0, errors
    for status, _, errors in finish(*start_job(tmp_path, "job", RESCUED)):
        assert status == 0, errors
    logs = [
        [json.loads(line) for line in (tmp_path / name / "guard.jsonl").read_text().splitlines()]
        for name in ("alone", "job")
    ]
    deeds = [[(e["images_shown"], e["signal"], e["did"]) for e in log] for log in logs]
    assert deeds[0] == deeds[1]
    assert {did for _, _, did in deeds[0]} == {"noted", "warned", "rolled back", "strengthened"}
    assert [did for *_, did in deeds[0]].count("rolled back") == 2
    assert_equal(values(tmp_path / "job", 1280), values(tmp_path / "alone", 1280))


@pytest.mark.slow
def test_a_run_goes_on_with_another_number_of_devices(tmp_path, alone):
    mirrored = ["--set", "training.strategy=mirrored"]
    ((status, _, errors),) = finish(start(tmp_path, "run", TWO_DEVICES, mirrored))
    assert status == 0, errors
    last = tmp_path / "run" / "checkpoints" / "ckpt-1280"
    assert_equal(values(tmp_path / "run", 1280), values(alone, 1280))
    for path in sorted(last.iterdir()):
        path.unlink()
    last.rmdir()
    flags = [*mirrored, "--resume=must"]
    ((status, _, errors),) = finish(start(tmp_path, "run", GAN_TRAIN, flags))
    assert status == 0, errors
    assert_equal(values(tmp_path / "run", 1280), values(alone, 1280))


@pytest.mark.slow
def test_workers_of_different_configs_are_refused(tmp_path):
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    job = []
    for index in range(2):
        config = {"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}}
        flags = ["--set", f"seed={index}"]
        environment = {"TF_CONFIG": json.dumps(config)}
        job.append(start(tmp_path, "job", flags=flags, environment=environment))
    for status, _, errors in finish(*job):
        assert status == 2
        assert "the workers' configs or data differ" in errors
        assert len(errors.splitlines()) == 1, errors
    assert not (tmp_path / "job").exists()
