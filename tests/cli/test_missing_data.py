"""What is missing is said at once, before TensorFlow is loaded."""

import subprocess
import sys

import pytest

from gan_cli.config.schema import DataConfig
from gan_cli.data.sources.missing import refuse_missing_path
from gan_cli.errors import UserError

COMMAND = """
import sys
from gan_cli.cli.train import entry_point
sys.argv = ["gan-train", "x.yaml"]
try:
    entry_point()
except SystemExit as end:
    print(end.code, "tensorflow" in sys.modules)
"""


def test_a_wrong_path_is_told_without_tensorflow(tmp_path):
    (tmp_path / "x.yaml").write_text("data: {source: folder, path: nowhere}\n")
    ended = subprocess.run(
        [sys.executable, "-c", COMMAND], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.stdout == "2 False\n", ended.stderr
    assert "nowhere does not exist; it must be a folder or a .zip or .tar of images" in ended.stderr


@pytest.mark.parametrize("source", ["folder", "idx", "npz", "midi", "text"])
def test_each_source_says_it_in_its_words(source, tmp_path):
    config = DataConfig(source=source, path=str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="nowhere"):
        refuse_missing_path(config)
    refuse_missing_path(DataConfig(source=source))
    refuse_missing_path(DataConfig(source=source, path=str(tmp_path)))
