"""Foreign models that only compute, and end, hang or fill the process that runs them."""

import pytest
import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.metrics.features import trial
from gan_cli.metrics.features.pretrained import load_saved_model

BATCH_SHAPE = (2, 8, 8, 1)


def export(folder, call):
    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None, 8, 8, 1], tf.float32)])
        def call(self, images):
            return {"features": call(tf.reshape(images, [-1, 64]))}

    module = Module()
    tf.saved_model.save(module, str(folder), {"serving_default": module.call})
    return folder


def never_ends(pixels):
    return pixels + tf.while_loop(lambda x: x > -1.0, lambda x: tf.abs(x) + 1e-9, [0.0])[0]


def fills_the_memory(pixels):
    # Not a constant, which would be computed as the graph is loaded.
    side = tf.cast(tf.reduce_sum(pixels) * 0.0, tf.int32) + 2**19
    return pixels + tf.reduce_sum(tf.sin(tf.fill([side, side], tf.reduce_max(pixels))))


@pytest.mark.parametrize(
    ("attack", "seconds", "message"),
    [
        (never_ends, 12, "had not mapped 2 images after 12 seconds; it is not used"),
        (fills_the_memory, 300, r"was tried out and (failed|ended the process)"),
    ],
)
def test_it_happens_in_another_process(tmp_path, attack, seconds, message):
    path = export(tmp_path / "model", attack)
    with pytest.raises(UserError, match=message):
        trial.try_out(load_saved_model, path, attack.__name__, BATCH_SHAPE, seconds)


def test_the_end_of_that_process_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "_START", "import os; os.abort()")
    with pytest.raises(UserError, match=r"model: was tried out and ended the process \(signal 6\)"):
        trial.try_out(load_saved_model, tmp_path / "model", "abort", BATCH_SHAPE)


def test_its_problems_are_those_of_the_load_and_what_went_well_is_not_tried_again(
    tmp_path, monkeypatch
):
    with pytest.raises(UserError, match="missing: cannot be loaded"):
        trial.try_out(load_saved_model, tmp_path / "missing", "missing", BATCH_SHAPE)
    monkeypatch.setattr(trial, "_START", "")
    trial.try_out(load_saved_model, tmp_path / "model", "sound", BATCH_SHAPE)
    monkeypatch.setattr(trial, "_START", "import os; os.abort()")
    trial.try_out(load_saved_model, tmp_path / "model", "sound", BATCH_SHAPE)
    with pytest.raises(UserError, match="signal 6"):
        trial.try_out(load_saved_model, tmp_path / "model", "another", BATCH_SHAPE)
