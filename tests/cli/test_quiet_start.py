"""What the commands leave alone: TensorFlow, where it is not needed, and the terminal."""

import logging
import subprocess
import sys

import pytest
from PIL import Image

from gan_cli.io.quiet_imports import quiet_matplotlib
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
