"""TensorBoard's event files."""

import os

import pytest
import tensorflow as tf
from PIL import Image

from gan_cli.run.tensorboard import TensorBoardLog, forget_after


@pytest.mark.parametrize("name", [b"latin-1 \xe9", b"[*?]\\", "\u4e2d".encode()])
def test_a_run_directory_may_have_any_name(tmp_path, name):
    folder = os.fsencode(tmp_path) + b"/" + name
    os.mkdir(folder)
    log = TensorBoardLog(type(tmp_path)(os.fsdecode(folder)))
    log.scalars(5, {"loss": 1.0})
    log.grid(5, Image.new("L", (4, 4)))
    (file,) = os.listdir(folder)
    assert file.startswith(b"events.out.tfevents.")
    assert os.path.getsize(folder + b"/" + file) > 100


def steps_of(folder):
    """The steps of each event file, by TensorFlow's own reader."""
    files = sorted(path for path in folder.iterdir() if "tfevents" in path.name)
    return [
        [
            tf.compat.v1.Event.FromString(record.numpy()).step
            for record in tf.data.TFRecordDataset(str(path))
        ]
        for path in files
    ]


def test_curves_do_not_run_twice_over_what_a_killed_process_has_logged(tmp_path):
    log = TensorBoardLog(tmp_path)
    for step in (10, 20, 30):
        log.scalars(step, {"loss": 1.0})
    log.grid(30, Image.new("L", (4, 4)))
    (tmp_path / "events.txt").write_text("another's")
    forget_after(tmp_path, 20)
    # The first record of a file is its version, of step 0.
    assert steps_of(tmp_path) == [[0, 10, 20]]
    before = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    forget_after(tmp_path, 20)
    assert {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before


def test_an_event_file_that_ends_within_a_record_keeps_the_whole_ones(tmp_path):
    log = TensorBoardLog(tmp_path)
    for step in (10, 20, 30):
        log.scalars(step, {"loss": 1.0})
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-3])
    forget_after(tmp_path, 10)
    assert steps_of(tmp_path) == [[0, 10]]
    for content in (b"", b"\xff" * 40, b"\x04" + bytes(11) + b"\xff" * 8):
        path.write_bytes(content)
        forget_after(tmp_path, 10)
        assert path.read_bytes() == content
    path.unlink()
    path.symlink_to("/dev/zero")
    forget_after(tmp_path, 10)
