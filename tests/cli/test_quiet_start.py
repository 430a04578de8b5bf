"""What the commands leave alone: TensorFlow, where it is not needed, and the terminal."""

import logging
import os
import subprocess
import sys

import pytest
from PIL import Image

from gan_cli.io.quiet_imports import quiet_matplotlib, quiet_stderr
from gan_cli.media.encode import encoded
from gan_cli.media.provenance import Provenance

INSPECT = """
import sys
from gan_cli.cli.sample import entry_point
sys.argv = ["gan-sample", "--inspect", "x.png"]
try:
    entry_point()
except SystemExit as end:
    print(end.code, "tensorflow" in sys.modules)
"""


def test_inspect_reads_a_record_without_tensorflow(tmp_path):
    recipe = {"kind": "grid", "format": ".png", "seeds": "0-3"}
    origin = Provenance("mine", "ckpt-1", "0" * 64, recipe)
    (tmp_path / "x.png").write_bytes(encoded(Image.new("L", (8, 8)), ".png", origin))
    ended = subprocess.run(
        [sys.executable, "-c", INSPECT], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout.splitlines()[-1] in ("0 False", "None False"), ended.stderr
    assert "ckpt-1" in ended.stdout


@pytest.mark.parametrize(
    ("logger", "text"),
    [
        ("matplotlib", "Matplotlib created a temporary cache directory at /tmp/x because ..."),
        ("matplotlib", "mkdir -p failed for path /nonexistent/.config/matplotlib: ..."),
        ("matplotlib", "/nonexistent is not a writable directory"),
        ("matplotlib.font_manager", "Matplotlib is building the font cache; this may take a ..."),
    ],
)
def test_matplotlib_does_not_report_where_it_keeps_its_cache(caplog, logger, text):
    quiet_matplotlib()
    logging.getLogger(logger).warning(text)
    assert not caplog.records
    logging.getLogger(logger).warning("findfont: Font family 'x' not found.")
    assert len(caplog.records) == 1


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (b"WARNING: All log messages before absl::InitializeLog() is called are ...\n", b""),
        (b"I0000 00:00:1795992774.918037    1662 port.cc:153] oneDNN custom ...\n", b""),
        (b"2026-11-29 22:59:34.918: I tensorflow/core/util/port.cc:153] oneDNN ...\n", b""),
        (b"a thread of the program itself\n", b"a thread of the program itself\n"),
    ],
)
def test_only_lines_of_tensorflow_are_held_back(capfd, written, shown):
    with quiet_stderr():
        os.write(2, written)
    assert capfd.readouterr().err.encode() == shown


PYTHON = """
import os, gan_cli
run = gan_cli.Run(os.environ["RUN"])
print(run.checkpoints())
"""


def test_python_programs_hear_nothing_of_tensorflow_either(tmp_path):
    """As in a container without a home folder."""
    environment = {**os.environ, "RUN": str(tmp_path), "HOME": "/proc/none", "MPLCONFIGDIR": ""}
    environment.pop("TF_CPP_MIN_LOG_LEVEL", None)
    ended = subprocess.run(
        [sys.executable, "-c", PYTHON + "import matplotlib.pyplot"],
        env=environment, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert (ended.stdout, ended.stderr) == ("()\n", "")
