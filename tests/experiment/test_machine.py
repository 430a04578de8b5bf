"""The devices of a run in words, and GPUs that TensorFlow cannot use."""

import stat

import pytest
import tensorflow as tf

from gan_cli.experiment.machine import device_text, unused_gpu_warning


def with_gpus(monkeypatch, *names):
    monkeypatch.setattr(
        tf.config, "list_physical_devices", lambda kind: list(names) if kind == "GPU" else []
    )
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda name: {"device_name": name}
    )


@pytest.fixture
def no_tool(monkeypatch):
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    monkeypatch.setenv("PATH", "")


def test_the_cpu_has_cores(monkeypatch):
    with_gpus(monkeypatch)
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {0, 3})
    assert device_text() == "the CPU (2 cores)"
    assert device_text(4) == "4 parts of the CPU (2 cores)"
    monkeypatch.setattr("os.sched_getaffinity", lambda process: {3})
    assert device_text() == "the CPU (1 core)"


def test_gpus_have_names(monkeypatch):
    with_gpus(monkeypatch, "NVIDIA H200", "NVIDIA H200")
    assert device_text() == "1 GPU (NVIDIA H200)"
    assert device_text(2) == "2 GPUs (NVIDIA H200)"


def test_a_gpu_that_tensorflow_cannot_use_is_named(tmp_path, monkeypatch, no_tool):
    with_gpus(monkeypatch)
    assert unused_gpu_warning(tmp_path) is None
    folder = tmp_path / "0000:01:00.0"
    folder.mkdir()
    (folder / "information").write_text("Model: \t\t Tesla T4\nIRQ:   \t\t 32\n")
    warning = unused_gpu_warning(tmp_path)
    assert warning.startswith(
        "this machine has an NVIDIA GPU (Tesla T4), and TensorFlow cannot use it: "
    )
    assert "\n" not in warning
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert unused_gpu_warning(tmp_path) is None
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES")
    with_gpus(monkeypatch, "Tesla T4")
    assert unused_gpu_warning(tmp_path) is None


def test_nvidias_tool_is_asked_where_the_driver_shows_nothing(tmp_path, monkeypatch, no_tool):
    with_gpus(monkeypatch)
    tool = tmp_path / "nvidia-smi"
    lines = "".join(f"GPU {i}: NVIDIA A100 (UUID: GPU-{i})\\n" for i in range(2))
    tool.write_text(f"#!/bin/sh\nprintf '{lines}'\n")
    tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "has 2 NVIDIA GPUs (NVIDIA A100), " in unused_gpu_warning(tmp_path / "none")
    tool.write_text("#!/bin/sh\nexit 9\n")
    assert unused_gpu_warning(tmp_path / "none") is None
