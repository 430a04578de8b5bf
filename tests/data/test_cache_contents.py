"""Listing and clearing the cache."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import gan_cli
from gan_cli.config.schema import DataConfig
from gan_cli.data import cache_contents as cache_contents_module
from gan_cli.data.cache_contents import cache_contents, cache_lines, clear_cache
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("GAN_CLI_CACHE", str(folder))
    return folder


def test_what_is_cached_is_listed_and_removed_and_nothing_else(tmp_path, cache):
    assert cache_lines() == [f"{cache} holds nothing"]
    for number in range(8):
        pixels = np.random.default_rng(number).integers(0, 256, (9, 9), np.uint8)
        (tmp_path / "data").mkdir(exist_ok=True)
        Image.fromarray(pixels).save(tmp_path / "data" / f"{number}.png")
    open_splits(DataConfig(source="folder", path=str(tmp_path / "data"), cache="disk"))
    (cache / "mine.txt").write_text("words")
    kinds = {kind.folder.name: kind for kind in cache_contents()}
    assert set(kinds) == {"data", "duplicates"}
    # Images and what was skipped, of both parts; each array has a header of 128 bytes.
    assert kinds["data"].entries == 4
    assert kinds["data"].size == 8 * 81 + 2 * 128
    lines = cache_lines()
    assert lines[0].strip() == "904 bytes  data: prepared images"
    assert lines[-1].endswith(f"in {cache}; gan-train --cache clear removes it")
    clear_cache()
    assert [path.name for path in cache.iterdir()] == ["mine.txt"]


def test_a_link_is_not_followed(tmp_path, cache):
    cache.mkdir()
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.png").write_bytes(b"")
    (cache / "data").symlink_to(tmp_path / "photos")
    with pytest.raises(UserError, match="cannot be removed: is a link"):
        clear_cache()
    assert (tmp_path / "photos" / "1.png").exists()


def test_copies_are_found_without_a_place_for_a_cache(tmp_path, monkeypatch):
    monkeypatch.delenv("GAN_CLI_CACHE", raising=False)
    monkeypatch.setattr("gan_cli.data.materialise.cache_folder", _no_home)
    for number in range(8):
        Image.effect_noise((16, 16), 50).save(tmp_path / f"{number}.png")
    content = io.BytesIO((tmp_path / "0.png").read_bytes())
    Image.open(content).save(tmp_path / "again.bmp")
    splits = open_splits(DataConfig(source="folder", path=str(tmp_path)))
    assert splits.near_copies == 1


def _no_home(kind):
    raise UserError("no home directory is known")


def test_every_kind_that_the_code_names_is_listed():
    named = set()
    for path in Path(gan_cli.__file__).parent.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        named |= set(re.findall(r'cache(?:_folder|d_file)\("(\w+)"[,)]', text))
    assert named == set(cache_contents_module._KINDS)


def test_a_half_removed_archive_is_not_taken_for_a_whole_one(cache, monkeypatch):
    archive = cache / "archives" / "digest"
    archive.mkdir(parents=True)
    for number in range(3):
        (archive / f"{number}.png").write_bytes(b"x")

    def killed(folder, **_):
        next(folder.rglob("*.png")).unlink()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(cache_contents_module.shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            clear_cache()
    assert not (cache / "archives").exists()
    assert len(list(cache.rglob("*.png"))) == 2
    clear_cache()
    assert list(cache.iterdir()) == []
