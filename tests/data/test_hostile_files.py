"""Files of data that have no end, or ask for more than they hold: one line, soon, and no memory."""

import gzip
import io
import json
import os
import struct
import tarfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gan_cli.config.schema import DataConfig
from gan_cli.data import archive, phrases, strings, tiles
from gan_cli.data.classes import without_gaps
from gan_cli.data.collection import SourceSplits, array_collection
from gan_cli.data.dataset import open_splits
from gan_cli.data.image_files import find_files
from gan_cli.data.sources import text
from gan_cli.errors import UserError
from gan_cli.io.npz import read_npz
from gan_cli.music.midi_reader import MidiError, read_midi_file


@pytest.fixture(autouse=True)
def within_seconds():
    """A pipe without a writer would make its reader wait without end."""
    import signal

    def too_long(*_):
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, too_long)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def a_pipe(path: Path) -> None:
    os.mkfifo(path)


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def problem(**keys) -> str:
    with pytest.raises(UserError) as caught:
        open_splits(DataConfig(**keys))
    (line,) = caught.value.problems
    return line


@pytest.mark.parametrize("harm", [a_pipe, endless])
def test_a_text_without_an_end_is_not_read(tmp_path, harm):
    harm(tmp_path / "a.txt")
    said = problem(source="text", path=str(tmp_path / "a.txt"))
    assert said == f"data.path: {tmp_path / 'a.txt'}: cannot be read: not a regular file"


def test_the_files_of_a_folder_are_bounded_together(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "_MOST_BYTES", 100)
    for name in "ab":
        (tmp_path / f"{name}.txt").write_text("abc\n" * 15)
    said = problem(source="text", path=str(tmp_path))
    assert "b.txt has 60 bytes; at most 100 are read, of all files together" in said


def test_empty_lines_are_counted_before_they_take_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(text, "_MOST_LINES", 1_000)
    (tmp_path / "a.txt").write_text("\n" * 1_001)
    assert "has more than 1,000 lines" in problem(source="text", path=str(tmp_path / "a.txt"))


def test_short_lines_of_a_great_length_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(strings, "machine_memory", lambda: 4_000)
    (tmp_path / "a.txt").write_text("\n".join(str(n) for n in range(100)))
    said = problem(source="text", path=str(tmp_path / "a.txt"), length=11)
    assert said.startswith("data.length: 100 lines of 11 characters take more than a quarter")
    open_splits(DataConfig(source="text", path=str(tmp_path / "a.txt"), length=10))


@pytest.fixture
def images(tmp_path) -> Path:
    for name in "ab":
        (tmp_path / name).mkdir()
        Image.new("L", (9, 9)).save(tmp_path / name / "x.png")
    return tmp_path


@pytest.mark.parametrize("name", ["labels.csv", "dataset.json"])
@pytest.mark.parametrize("harm", [a_pipe, endless, Path.mkdir])
def test_labels_that_are_no_file_do_not_pass_silently(images, name, harm):
    harm(images / name)
    assert f"{images / name}: cannot be read: " in problem(source="folder", path=str(images))


def test_a_class_has_a_name_that_the_records_of_a_run_can_hold(images):
    # A number of so many digits is one that Python refuses to convert.
    for name in ("x" * 1_001, "1" * 5_000):
        (images / "labels.csv").write_text(f"a/x.png,{name}\nb/x.png,b\n")
        said = problem(source="folder", path=str(images))
        assert f"labels.csv:1: names a class by {len(name):,} characters" in said
    (images / "labels.csv").unlink()
    labels = [["a/x.png", 10**1_001], ["b/x.png", 1]]
    (images / "dataset.json").write_text(json.dumps({"labels": labels}))
    assert "at most 1,000 are read" in problem(source="folder", path=str(images))


def test_so_do_the_classes_of_ones_own_source():
    pixels, labels = np.zeros((2, 8, 8), np.uint8), np.array([0, 1])
    splits = SourceSplits(array_collection(pixels, labels, ("a", "b" * 1_001), "own", "id"))
    with pytest.raises(UserError, match="has a name of 1,001 characters; at most 1,000 are kept"):
        without_gaps(splits)


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.GNUTYPE_LONGNAME])
def test_a_name_in_a_tar_cannot_fill_the_memory(tmp_path, monkeypatch, kind):
    monkeypatch.setattr(archive, "_MOST_AT_ONCE", 2**20)
    header = tarfile.TarInfo("x")
    header.type, header.size = kind, 2**21
    content = io.BytesIO()
    with gzip.GzipFile(fileobj=content, mode="wb") as file:
        file.write(header.tobuf(tarfile.GNU_FORMAT) + bytes(header.size) + bytes(1024))
    (tmp_path / "x.tar.gz").write_bytes(content.getvalue())
    said = problem(source="folder", path=str(tmp_path / "x.tar.gz"))
    assert "cannot be unpacked: a record of 2,097,152 bytes stands between its files" in said


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def test_frames_that_are_only_declared_take_no_memory(images):
    path = images / "a" / "x.png"
    content = path.read_bytes()
    many = chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))
    path.write_bytes(content[:33] + many + content[33:])
    with Image.open(path) as image:
        assert image.n_frames == 2**31
    with pytest.raises(UserError) as caught:
        open_splits(DataConfig(source="folder", path=str(images), frames="all"))
    assert "data: cannot decode" in caught.value.problems[0]
    assert "frame 2 of " in caught.value.problems[0]


def test_tiles_are_counted_before_they_are_listed(images, monkeypatch):
    keys = {"source": "folder", "path": str(images)}
    Image.new("L", (60, 41)).save(images / "a" / "x.png")
    # 53 x 34 places of a square of 8 pixels, and 4 in the other image.
    monkeypatch.setattr(tiles, "machine_memory", lambda: 4 * tiles._BYTES_EACH * 1_805)
    said = problem(**keys, tiles={"size": 8, "stride": 1})
    assert said.startswith("data.tiles: the images are large enough for 1,806 tiles, whose list")
    monkeypatch.setattr(tiles, "machine_memory", lambda: 4 * tiles._BYTES_EACH * 1_806)
    splits = open_splits(DataConfig(**keys, tiles={"size": 8, "stride": 1}))
    assert len(splits.train.images) + len(splits.holdout.images) == 1_806


def song(rest: int) -> bytes:
    """Two notes of a piano, with so many quarters between them."""
    events = b"\0\x90\x40\x40" + b"\x60\x80\x40\0"
    while rest:
        step = min(rest, 1_000)
        # A text event, after so many ticks.
        ticks = step * 96
        events += bytes([0x80 | ticks >> 14, 0x80 | ticks >> 7 & 0x7F, ticks & 0x7F])
        events += b"\xff\x01\0"
        rest -= step
    events += b"\0\x90\x40\x40\x60\x80\x40\0\0\xff\x2f\0"
    head = struct.pack(">4sIHHH", b"MThd", 6, 0, 1, 96)
    return head + struct.pack(">4sI", b"MTrk", len(events)) + events


def test_notes_that_lie_far_apart_are_bounded_by_the_memory(tmp_path, monkeypatch):
    pytest.importorskip("mido")
    for number in range(3):
        (tmp_path / f"{number}.mid").write_bytes(song(10_000 + number))
    one = 10_000 * 4 * 72 // 8
    keys = {"source": "midi", "path": str(tmp_path), "tracks": ["piano"], "bars": 1}
    monkeypatch.setattr(phrases, "machine_memory", lambda: 4 * 2 * one)
    said = problem(**keys)
    assert "1.mid the pieces take more than a quarter of this machine's memory" in said
    monkeypatch.setattr(phrases, "machine_memory", lambda: 4 * 4 * one)
    open_splits(DataConfig(**keys))


@pytest.mark.parametrize("harm", [a_pipe, endless])
def test_nothing_else_that_is_named_is_read_without_end(tmp_path, harm):
    harm(tmp_path / "x")
    with pytest.raises(MidiError, match="not a regular file"):
        read_midi_file(tmp_path / "x")
    with pytest.raises(UserError, match="cannot be read as an npz file: not a regular file"):
        read_npz(tmp_path / "x")


def test_an_export_that_is_a_pipe_is_passed_over(images):
    os.mkfifo(images / "a" / "export.json")
    found = find_files(images)
    assert len(found.images) == 2
    assert found.others == (images / "a" / "export.json",)
