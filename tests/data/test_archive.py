"""Archives of images, sound and hostile."""

import io
import tarfile
import zipfile

import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data import archive
from gan_cli.data.dataset import open_splits
from gan_cli.errors import UserError


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def png(level):
    stream = io.BytesIO()
    Image.new("L", (9, 9), level).save(stream, "png")
    return stream.getvalue()


CONTENT = {f"set/{'ab'[n % 2]}/{n}.png": png(n) for n in range(10)} | {"set/readme.txt": b"words"}


def save(path, content):
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as file:
            for name, data in content.items():
                file.writestr(name, data)
    else:
        with tarfile.open(path, f"w:{'gz' if path.suffix in ('.gz', '.tgz') else ''}") as file:
            for name, data in content.items():
                entry = tarfile.TarInfo(name)
                entry.size = len(data)
                file.addfile(entry, io.BytesIO(data))
    return path


def opened(path):
    return open_splits(DataConfig(source="folder", path=str(path)))


def problem(path, cache):
    with pytest.raises(UserError) as caught:
        opened(path)
    # Nothing half-unpacked stays.
    assert not any((cache / "archives").iterdir())
    (line,) = caught.value.problems
    return line


@pytest.mark.parametrize("name", ["x.zip", "x.tar", "x.tar.gz", "x.TGZ"])
def test_an_archive_is_read_like_its_folder(tmp_path, name):
    path = save(tmp_path / name.lower(), CONTENT)
    path = path.rename(tmp_path / name)
    splits = opened(path)
    assert splits.train.class_names == ("a", "b")
    levels = {}
    for part in (splits.train, splits.holdout):
        levels |= dict(zip(part.images[:, 0, 0, 0].tolist(), part.labels.tolist(), strict=True))
    assert levels == {n: n % 2 for n in range(10)}
    assert any("1 .txt (readme.txt)" in note for note in splits.notes), splits.notes
    assert opened(path).fingerprint == splits.fingerprint


@pytest.mark.parametrize("kind", ["zip", "tar"])
@pytest.mark.parametrize("name", ["../out.png", "/tmp/gan-out.png", "a/../../out.png"])
def test_names_that_lead_outside_are_refused(tmp_path, cache, kind, name):
    path = save(tmp_path / f"x.{kind}", CONTENT | {name: png(1)})
    assert "leads out of the folder" in problem(path, cache)
    assert not list(tmp_path.rglob("*out.png"))


def test_links_in_a_tar_are_not_followed(tmp_path):
    path = tmp_path / "x.tar"
    save(path, CONTENT)
    (tmp_path / "secret.png").write_bytes(png(200))
    with tarfile.open(path, "a") as file:
        link = tarfile.TarInfo("set/a/link.png")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path / "secret.png")
        file.addfile(link)
    splits = opened(path)
    assert len(splits.train.images) + len(splits.holdout.images) == 10


@pytest.mark.parametrize("kind", ["zip", "tar.gz"])
def test_a_bomb_is_refused(tmp_path, cache, kind, monkeypatch):
    monkeypatch.setattr(archive, "_ALWAYS_ALLOWED_BYTES", 10_000)
    path = tmp_path / f"x.{kind}"
    if kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a.png", bytes(2**20))
    else:
        save(path, {"a.png": bytes(2**20)})
    assert "would take more than" in problem(path, cache)


@pytest.mark.parametrize("kind", ["zip", "tar.gz", "tar"])
@pytest.mark.parametrize("share", [0.1, 0.7])
def test_a_damaged_archive_is_one_clear_line(tmp_path, cache, kind, share):
    path = save(tmp_path / f"x.{kind}", CONTENT)
    whole = path.read_bytes()
    path.write_bytes(b"x" + whole[1 : int(len(whole) * share)])
    assert "cannot be unpacked" in problem(path, cache)
