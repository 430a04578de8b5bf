"""Archives of images and files of labels of any content."""

import io
import json
import tarfile
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits

FUZZ = settings.get_profile("gan-cli-fuzz")


def png(number: int) -> bytes:
    content = io.BytesIO()
    pixels = np.random.default_rng(number).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(content, "PNG")
    return content.getvalue()


NAMES = [f"set/{'ab'[number % 2]}/{number}.png" for number in range(4)]
FILES = {name: png(number) for number, name in enumerate(NAMES)}


def zipped(files: dict[str, bytes], method: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def taped(files: dict[str, bytes], mode: str) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode=mode) as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return content.getvalue()


ARCHIVES = {
    "x.zip": zipped(FILES, zipfile.ZIP_STORED),
    "y.zip": zipped(FILES, zipfile.ZIP_DEFLATED),
    "x.tar": taped(FILES, "w"),
    "x.tar.gz": taped(FILES, "w:gz"),
    "x.tar.bz2": taped(FILES, "w:bz2"),
    "x.tar.xz": taped(FILES, "w:xz"),
}


@pytest.fixture
def data(tmp_path, monkeypatch):
    """A folder beside that of the cache, which alone may change."""
    monkeypatch.setenv("GAN_CLI_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("name", ARCHIVES)
def test_archives(data, mutated, only_user_errors, name):
    path = data / name

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // len(ARCHIVES), 10))
    @given(mutated(ARCHIVES[name]))
    def check(content):
        path.write_bytes(content)
        with only_user_errors(data):
            open_splits(DataConfig(source="folder", path=str(path), on_corrupt="skip"))

    check()


MEMBER_NAMES = st.one_of(
    st.sampled_from(
        [*NAMES, "set/a", "set/a/0.png/x.png", "..", ".", "/", "a//b.png", "C:\\x.png"]
    ),
    st.text(max_size=12),
    st.text(max_size=8).map(lambda text: f"a/{text}.png"),
)


@pytest.mark.parametrize("ending", ["zip", "tar"])
def test_archives_of_any_names(data, only_user_errors, ending):
    path = data / f"x.{ending}"

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // 2, 10))
    @given(st.lists(MEMBER_NAMES, max_size=6))
    def check(names):
        # A name may come twice, or be a file here and a folder there.
        content = io.BytesIO()
        try:
            if ending == "zip":
                with zipfile.ZipFile(content, "w") as archive:
                    for number, name in enumerate(names):
                        archive.writestr(zipfile.ZipInfo(name or "x"), png(number))
            else:
                content = io.BytesIO(taped({name: png(0) for name in names}, "w"))
        except (UnicodeEncodeError, UserWarning, ValueError):
            return
        path.write_bytes(content.getvalue())
        with only_user_errors(data):
            open_splits(DataConfig(source="folder", path=str(path), on_corrupt="skip"))

    check()


CSV = "".join(f"{number}.png,{'odd' if number % 2 else 'even'}\n" for number in range(4)).encode()
STYLEGAN = json.dumps({"labels": [[f"{number}.png", number % 2] for number in range(4)]}).encode()


@pytest.mark.parametrize(("name", "content"), [("labels.csv", CSV), ("dataset.json", STYLEGAN)])
def test_files_of_labels(data, mutated, only_user_errors, name, content):
    for number in range(4):
        (data / f"{number}.png").write_bytes(png(number))
    anything = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
        max_leaves=10,
    ).map(lambda labels: json.dumps({"labels": labels}).encode())

    @settings(FUZZ, max_examples=max(FUZZ.max_examples // 2, 10))
    @given(st.one_of(mutated(content), st.binary(max_size=60), anything))
    def check(text):
        (data / name).write_bytes(text)
        with only_user_errors(data):
            open_splits(DataConfig(source="folder", path=str(data), image_size=(8, 8)))

    check()
