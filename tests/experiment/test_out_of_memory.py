"""Running out of memory: one line, whoever notices it, and nothing half-written."""

import errno

import pytest
import tensorflow as tf
from recording import Recording
from test_run_experiment import config

from gan_cli.errors import UserError
from gan_cli.experiment import step_memory
from gan_cli.experiment.out_of_memory import explained, is_out_of_memory, size_text
from gan_cli.experiment.run import run_experiment

ON_GPU = "OOM when allocating tensor with shape[4096,32,32,64] and type float on /job:localhost"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (tf.errors.ResourceExhaustedError(None, None, ON_GPU), True),
        (tf.errors.InternalError(None, None, "CUDA error: out of memory"), True),
        (RuntimeError("can't start new thread"), True),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), True),
        (OSError(errno.ENOSPC, "No space left on device"), False),
        (tf.errors.InternalError(None, None, "Blas GEMM launch failed"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_what_counts_as_out_of_memory(error, expected):
    assert is_out_of_memory(error) is expected


def test_the_line_names_what_had_no_room_and_what_to_lower():
    error = tf.errors.ResourceExhaustedError(None, None, ON_GPU)
    with pytest.raises(UserError) as found, explained(lambda: "lower this"):
        raise error
    (line,) = found.value.problems
    assert line.startswith("out of memory: no room for 1.0 GiB, a float32 tensor of [4096, 32, 32,")
    assert line.endswith("; lower this")


def test_other_errors_pass():
    with pytest.raises(ZeroDivisionError), explained(lambda: "lower this"):
        _ = 1 / 0


def test_sizes_have_units():
    assert size_text(3 * 2**20) == "3 MiB"
    assert size_text(2.5 * 2**30) == "2.5 GiB"


def test_a_step_that_cannot_fit_is_refused_before_anything_is_written(tmp_path, monkeypatch):
    monkeypatch.setattr(step_memory, "memory_limit", lambda: 10**6)
    monkeypatch.setattr(step_memory, "memory_in_use", lambda: 10**6 - 100_000)
    with pytest.raises(UserError, match="out of memory: a step on 400 images takes at least") as e:
        run_experiment(config(batch_size=400), tmp_path / "run")
    assert not (tmp_path / "run").exists()
    fits = int(str(e.value).partition("about ")[2].split()[0])
    # What is said to fit is not refused.
    run_experiment(config(batch_size=fits), tmp_path / "run")


def test_memory_that_runs_out_in_mid_run_costs_no_checkpoint(tmp_path):
    def fail_at(images_shown):
        if images_shown > 32:
            raise tf.errors.ResourceExhaustedError(None, None, ON_GPU)

    with pytest.raises(
        UserError, match=r"training.batch_size 2.*checkpoint at 0\.032 kimg is kept"
    ):
        run_experiment(config(), tmp_path / "run", listener=Recording(fail_at))
    assert run_experiment(config(), tmp_path / "run").images_shown == 64
