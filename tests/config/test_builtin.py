"""The configs that the package brings, and the starter for a folder of one's own."""

import contextlib
from pathlib import Path

import pytest
import yaml

from gan_cli.catalog import CHOICES
from gan_cli.config import builtin
from gan_cli.config.load import load_config
from gan_cli.errors import UserError

ROOT = Path(__file__).parent.parent.parent


def test_a_name_loads_the_same_config_as_the_file():
    by_name = load_config("builtin:digits", {}, CHOICES)
    assert by_name == load_config(ROOT / "configs" / "digits.yaml", {}, CHOICES)


def test_a_config_can_extend_one_of_the_package(tmp_path):
    own = tmp_path / "own.yaml"
    own.write_text("extends: builtin:digits\nseed: 7\n")
    config = load_config(own, {}, CHOICES)
    assert (config.name, config.seed) == ("digits", 7)


def test_an_unknown_name_is_one_line_with_the_nearest(tmp_path):
    with pytest.raises(
        UserError, match=r"^unknown config 'builtin:digts'; did you mean 'builtin:d"
    ):
        load_config("builtin:digts", {}, CHOICES)
    own = tmp_path / "own.yaml"
    own.write_text("extends: builtin:nothing\n")
    with pytest.raises(UserError, match=r"own\.yaml:1: extends: unknown config 'builtin:nothing'"):
        load_config(own, {}, CHOICES)


def test_a_missing_file_of_the_same_name_leads_to_the_package():
    with pytest.raises(UserError, match=r"No such file.*; the package has 'builtin:digits'$"):
        load_config("nowhere/digits.yaml", {}, CHOICES)


def test_the_list_says_what_each_config_is():
    described = builtin.described()
    assert described["builtin:dcgan"] == "DCGAN as published"
    assert described["builtin:mlp"].startswith("The fully connected GAN of Goodfellow et al.")
    assert all(60 > len(text.split()) > 0 for text in described.values())


def test_a_starter_is_a_commented_config_of_the_folder(tmp_path):
    photos, own = tmp_path / "my: photos", tmp_path / "mine.yaml"
    photos.mkdir()
    builtin.write_starter(own, str(photos))
    config = load_config(own, {}, CHOICES)
    assert config.name == "mine"
    assert yaml.safe_load(own.read_text())["data"]["path"] == str(photos)
    assert f"gan-train {own} --dry_run" in own.read_text()
    schema = own.read_text().splitlines()[0].partition("$schema=")[2]
    assert Path(schema).is_file()
    with pytest.raises(UserError, match="exists already"):
        builtin.write_starter(own, str(photos))
    with pytest.raises(UserError, match="does not exist; name a folder of images"):
        builtin.write_starter(tmp_path / "other.yaml", str(tmp_path / "none"))
    assert not (tmp_path / "other.yaml").exists()


def test_a_starter_that_cannot_be_written_leaves_nothing(small_disk):
    (small_disk / "full").write_bytes(bytes(200_000))
    _fill(small_disk / "rest")
    with pytest.raises(UserError, match=r"mine.yaml: cannot be written: No space left on device"):
        builtin.write_starter(small_disk / "mine.yaml", None)
    assert sorted(path.name for path in small_disk.iterdir()) == ["full", "rest"]
    (small_disk / "full").unlink()
    builtin.write_starter(small_disk / "mine.yaml", None)
    with pytest.raises(UserError, match="exists already"):
        builtin.write_starter(small_disk / "mine.yaml", None)


def _fill(path):
    with contextlib.suppress(OSError), path.open("wb", buffering=0) as file:
        while file.write(bytes(1024)):
            pass


def test_a_starter_of_any_name_is_written(tmp_path):
    builtin.write_starter(tmp_path / "caf\udce9.yaml", None)
    assert (tmp_path / "caf\udce9.yaml").read_bytes().decode("utf-8")
