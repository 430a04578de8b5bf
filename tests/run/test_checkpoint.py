"""Checkpoints: exact, complete or absent, and never taken for what they are not."""

import hashlib
import json
import os
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf import tensor_bundle_pb2

from gan_cli.errors import UserError
from gan_cli.run.checkpoint import Checkpoint, CheckpointStore, restore


@pytest.fixture
def variables():
    return {
        "a/0/kernel": tf.Variable(np.random.default_rng(0).standard_normal((4, 3))),
        "step": tf.Variable(7, dtype=tf.int64),
    }


def zeros_like(variables):
    return {name: tf.Variable(tf.zeros_like(v)) for name, v in variables.items()}


def test_what_is_saved_is_restored_bit_by_bit(tmp_path, variables):
    checkpoint = CheckpointStore(tmp_path).save(variables, 640)
    restored = zeros_like(variables)
    restore(checkpoint, restored)
    for name, variable in variables.items():
        np.testing.assert_array_equal(restored[name], variable)
    assert (checkpoint.name, checkpoint.kimg) == ("ckpt-640", 0.64)


def test_find_knows_latest_best_and_numbers(tmp_path, variables):
    store = CheckpointStore(tmp_path)
    saved = [store.save(variables, images) for images in (100, 2000, 30000)]
    assert store.find("latest") == store.find("best") == saved[2]
    store.mark_best(saved[0], "fd_classifier", 1.5)
    assert store.find("best") == store.find("100") == store.find("ckpt-100") == saved[0]
    with pytest.raises(UserError, match=r"no checkpoint '7' \(there are: best, latest, 100, 2000"):
        store.find("7")
    with pytest.raises(UserError, match="holds no checkpoint yet"):
        CheckpointStore(tmp_path / "none").find("latest")


def test_the_newest_and_the_best_are_kept(tmp_path, variables):
    store = CheckpointStore(tmp_path, keep=2)
    store.mark_best(store.save(variables, 1), "fd", 3.0)
    for images in (2, 3, 4):
        store.save(variables, images)
    assert [c.images_shown for c in store.all()] == [1, 3, 4]
    store.mark_best(store.find("4"), "fd", 2.0)
    assert [c.images_shown for c in store.all()] == [3, 4]


def test_a_checkpoint_loses_its_name_before_its_files(tmp_path, variables, monkeypatch):
    store = CheckpointStore(tmp_path, keep=1)
    store.save(variables, 1)

    def killed(folder, **options):
        # Nothing is there of the one that is to be written.
        if folder.exists():
            next(folder.iterdir()).unlink()
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", killed)
        with pytest.raises(KeyboardInterrupt):
            store.save(variables, 2)
    assert [c.images_shown for c in store.all()] == [2]
    # And a process that comes after clears up.
    store.newest_good(on_damage=pytest.fail)
    assert [path.name for path in tmp_path.iterdir()] == ["ckpt-2"]


def damage_truncate(folder: Path):
    file = next(folder.glob("state.data*"))
    file.write_bytes(file.read_bytes()[:-3])


def damage_flip(folder: Path):
    file = next(folder.glob("state.data*"))
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


def damage_index(folder: Path):
    (folder / "state.index").unlink()


def damage_manifest(folder: Path):
    (folder / "manifest.json").write_text('{"files"')


@pytest.mark.parametrize("damage", [damage_truncate, damage_flip, damage_index, damage_manifest])
def test_a_damaged_checkpoint_is_refused_and_changes_nothing(tmp_path, variables, damage):
    checkpoint = CheckpointStore(tmp_path).save(variables, 5)
    damage(checkpoint.path)
    restored = zeros_like(variables)
    with pytest.raises(UserError, match="damaged or missing"):
        restore(checkpoint, restored)
    assert all(not np.any(v) for v in restored.values())


def test_a_checkpoint_of_another_model_is_refused(tmp_path, variables):
    checkpoint = CheckpointStore(tmp_path).save(variables, 5)
    other = {"a/0/kernel": tf.Variable(np.zeros((4, 5)))}
    with pytest.raises(
        UserError,
        match=r"\('a/0/kernel' is float64 \[4, 3\], and the config builds float64 \[4, 5\]",
    ):
        restore(checkpoint, other)
    with pytest.raises(UserError, match="'b' is nothing"):
        restore(checkpoint, {"b": tf.Variable(0.0)})


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["generator/0/kernel", "generator_ema/0/kernel", "generator_optimizer/2"], ["generators"]),
        (
            ["generator/0/kernel", "discriminator/1/bias", "discriminator_optimizer/3"],
            ["generators", "discriminators"],
        ),
        (["generator_optimizer/3"], ["optimisers of the generator (training.generator_optimizer)"]),
        (["memory/gamma"], ["what penalties, augmentation and guard remember"]),
    ],
)
def test_what_differs_from_another_model_is_said_in_the_words_of_the_config(
    tmp_path, changed, said
):
    checkpoint = CheckpointStore(tmp_path).save({n: tf.Variable([1.0]) for n in changed}, 5)
    with pytest.raises(UserError) as caught:
        restore(checkpoint, {name: tf.Variable([1.0, 2.0]) for name in changed})
    (line,) = caught.value.problems
    words = line.partition(" of the checkpoint and of the config differ ")[0]
    parts = words.partition("is of another model: ")[2].split(" and the ")
    assert len(parts) == len(said)
    for part, expected in zip(parts, said, strict=True):
        assert expected in part
    assert "config.yaml" in line


def test_an_unfinished_checkpoint_is_no_checkpoint(tmp_path, variables):
    store = CheckpointStore(tmp_path)
    whole = store.save(variables, 10)
    shutil.copytree(whole.path, tmp_path / ".ckpt-20.partial")
    assert store.all() == [whole]
    assert store.save(variables, 20).images_shown == 20
    assert not (tmp_path / ".ckpt-20.partial").exists()


def test_every_file_is_on_disk_before_the_checkpoint_has_its_name(tmp_path, variables, disk_events):
    checkpoint = CheckpointStore(tmp_path).save(variables, 640)
    at = disk_events.index(("named", checkpoint.path))
    forced_before = {path.name for verb, path in disk_events[:at] if verb == "forced"}
    assert forced_before == {file.name for file in checkpoint.path.iterdir()} | {
        ".ckpt-640.partial"
    }
    assert disk_events[at + 1 :] == [("forced", tmp_path)]


def test_the_manifest_lists_every_variable(tmp_path, variables):
    checkpoint = CheckpointStore(tmp_path).save(variables, 5)
    manifest = json.loads((checkpoint.path / "manifest.json").read_text())
    assert manifest["variables"] == {"a/0/kernel": ["float64", 4, 3], "step": ["int64"]}


def test_a_full_disk_is_one_line_and_leaves_older_checkpoints(small_disk, variables):
    store = CheckpointStore(small_disk)
    whole = store.save(variables, 1)
    large = {"large": tf.Variable(np.random.default_rng(0).standard_normal(100_000))}
    with pytest.raises(
        UserError, match=r"ckpt-2: cannot write the checkpoint: .*older checkpoints are kept"
    ):
        store.save(large, 2)
    assert store.all() == [whole]
    assert [path.name for path in small_disk.iterdir()] == ["ckpt-1"]
    restore(whole, zeros_like(variables))


DAMAGES = [damage_truncate, damage_flip, damage_index, damage_manifest]


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_newest_sound_checkpoint_is_found_behind_damaged_ones(tmp_path, variables, damage):
    store, reported = CheckpointStore(tmp_path, keep=5), []
    sound = store.save(variables, 1)
    for images in (2, 3):
        damage(store.save(variables, images).path)
    assert store.newest_good(reported.append) == sound
    assert len(reported) == 2
    assert "ckpt-3" in reported[0]
    assert "set aside as damaged-3" in reported[0]
    # Nothing is deleted, and the names are free for when training comes there again.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ckpt-1", "damaged-2", "damaged-3"]
    again = store.save(variables, 3)
    assert store.newest_good(reported.append) == again
    assert len(reported) == 2


def test_where_no_checkpoint_is_sound_there_is_none(tmp_path, variables):
    store, reported = CheckpointStore(tmp_path), []
    damage_flip(store.save(variables, 1).path)
    assert store.newest_good(reported.append) is None
    assert len(reported) == 1


def test_saving_over_a_damaged_checkpoint_of_the_same_number_writes_a_sound_one(
    tmp_path, variables
):
    store = CheckpointStore(tmp_path)
    damage_flip(store.save(variables, 4).path)
    restored = zeros_like(variables)
    restore(store.save(variables, 4), restored)
    np.testing.assert_array_equal(restored["a/0/kernel"], variables["a/0/kernel"])


@pytest.mark.parametrize(
    "manifest",
    [
        "[]",
        '{"files": 3}',
        '{"files": {}, "variables": {}}',
        '{"files": {"../x": "0", "state.index": "0"}, "variables": {}}',
        '{"files": {"state.index": null}, "variables": {}}',
        '{"files": {"state.index\\u0000": "0"}, "variables": {}}',
        '{"files": {"state.index": "%s"}, "variables": {"x": 3}}' % ("0" * 64),
        '{"files": {"state.index": "%s"}, "variables": {"x": []}}' % ("0" * 64),
    ],
)
def test_a_manifest_of_another_form_is_refused(tmp_path, variables, manifest):
    checkpoint = CheckpointStore(tmp_path).save(variables, 5)
    (checkpoint.path / "manifest.json").write_text(manifest)
    with pytest.raises(UserError, match=r"manifest\.json: damaged or missing"):
        restore(checkpoint, zeros_like(variables))


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[" * 50_000, "no JSON"),
        ("[1]", "a map of names"),
        ('{"checkpoint": "ckpt-1"}', "metric: is required"),
        ('{"checkpoint": "ckpt-1", "metric": "fd", "value": "1"}', "value: must be a number"),
        ('{"checkpoint": "ckpt-1", "metric": "fd", "value": true}', "value: must be a number"),
        ('{"checkpoint": "ckpt-1", "metric": "fd", "value": NaN}', "value: must be a finite"),
        ('{"checkpoint": "ckpt-1", "metric": 5, "value": 1}', "metric: must be text"),
        ('{"checkpoint": ["ckpt-1"], "metric": "fd", "value": 1}', "checkpoint: must be text"),
        ('{"checkpoint": "../ckpt-1", "metric": "fd", "value": 1}', "checkpoint: must be text"),
    ],
)
def test_a_damaged_record_of_the_best_costs_the_record_only(tmp_path, variables, content, field):
    store = CheckpointStore(tmp_path, keep=1)
    store.mark_best(store.save(variables, 1), "fd", 1.0)
    (tmp_path / "best.json").write_text(content)
    with pytest.raises(UserError, match=rf"best\.json: is damaged: .*{field}.*other than 'best'"):
        store.find("best")
    assert store.find("latest").images_shown == 1
    assert store.save(variables, 2).images_shown == 2
    # The first one may have been the best.
    assert [checkpoint.images_shown for checkpoint in store.all()] == [1, 2]
    said: list[str] = []
    store.mend_best(said.append)
    assert len(said) == 1
    assert "set aside as damaged-best.json" in said[0]
    assert (tmp_path / "damaged-best.json").read_text() == content
    assert store.find("best").images_shown == 2


@pytest.mark.parametrize(
    "name",
    ["g[1]", "g\\1", "a*b?", "{x}", "[", os.fsdecode(b"caf\xe9"), "größer", " a\n"],
    ids=ascii,
)
def test_every_name_of_a_folder_will_do(tmp_path, variables, name):
    checkpoint = CheckpointStore(tmp_path / name).save(variables, 5)
    restored = zeros_like(variables)
    restore(checkpoint, restored)
    np.testing.assert_array_equal(restored["a/0/kernel"], variables["a/0/kernel"])


def forged(checkpoint: Checkpoint, name: str, content: bytes) -> None:
    """Replaces a file, and its checksum in the manifest."""
    (checkpoint.path / name).write_bytes(content)
    path = checkpoint.path / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    path.write_text(json.dumps(manifest))


def test_no_wrong_byte_of_an_index_ends_the_process(tmp_path, variables):
    checkpoint = CheckpointStore(tmp_path).save(variables, 5)
    index = (checkpoint.path / "state.index").read_bytes()
    restored, refused = zeros_like(variables), 0
    for position in range(0, len(index), 3):
        content = bytearray(index)
        content[position] ^= 0xFF
        forged(checkpoint, "state.index", bytes(content))
        try:
            restore(checkpoint, restored)
        except UserError:
            refused += 1
    assert refused > len(index) / 6


@pytest.mark.parametrize(
    "shape", [[-4], [2**40, 2**40], [1] * 300, [2**62]], ids=["negative", "huge", "300", "large"]
)
def test_shapes_that_the_files_do_not_hold_are_refused(tmp_path, monkeypatch, shape):
    checkpoint = CheckpointStore(tmp_path).save({"a": tf.Variable([1.0, 2.0])}, 5)
    entry = tensor_bundle_pb2.BundleEntryProto(dtype=1, size=8)
    for size in shape:
        entry.shape.dim.add(size=size)
    forged(checkpoint, "state.index", table_of({b"": b"\x08\x01", b"a": entry.SerializeToString()}))
    with pytest.raises(UserError, match=r"'a' (has no shape|declares)"):
        restore(checkpoint, {"a": tf.Variable([0.0, 0.0])})


def table_of(entries: dict[bytes, bytes]) -> bytes:
    """Returns a table of one block, as LevelDB writes it."""

    def varint(number):
        head = b""
        while number > 127:
            head, number = head + bytes([number & 127 | 128]), number >> 7
        return head + bytes([number])

    def block(entries):
        body = b"".join(
            varint(0) + varint(len(name)) + varint(len(value)) + name + value
            for name, value in entries.items()
        )
        return body + struct.pack("<II", 0, 1)

    data = block(entries)
    index = block({b"b": varint(0) + varint(len(data))})
    handles = (varint(0) + varint(len(data))) + (varint(len(data) + 5) + varint(len(index)))
    footer = handles.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
    return data + bytes(5) + index + bytes(5) + footer


@pytest.mark.parametrize("name", [1, None, "state.\0", "state.\ud800"], ids=ascii)
def test_names_in_a_manifest_that_no_file_has_are_refused(tmp_path, variables, name):
    checkpoint = CheckpointStore(tmp_path).save(variables, 5)
    files = [["state.index", "0"], [name, "0"]]
    (checkpoint.path / "manifest.json").write_text(json.dumps({"files": files, "variables": {}}))
    with pytest.raises(UserError, match="damaged or missing"):
        restore(checkpoint, zeros_like(variables))


@pytest.mark.parametrize("name", ["manifest.json", "state.index"])
def test_pipes_and_devices_are_not_read(tmp_path, variables, name):
    checkpoint = CheckpointStore(tmp_path).save(variables, 5)
    file = checkpoint.path / name
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(UserError, match="damaged or missing"):
        restore(checkpoint, zeros_like(variables))
    file.unlink()
    file.symlink_to("/dev/zero")
    with pytest.raises(UserError, match="damaged or missing"):
        restore(checkpoint, zeros_like(variables))
