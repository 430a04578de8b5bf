"""TensorBoard's event files."""

import os

import pytest
from PIL import Image

from gan_cli.run.tensorboard import TensorBoardLog


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
