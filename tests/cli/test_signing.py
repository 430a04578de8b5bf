"""gan-sample --c2pa_certificate: which files are signed, and what --inspect says of them."""

import pytest
import tensorflow as tf
from identity import write_identity

from gan_cli.errors import UserError
from gan_cli.media.credentials import read_credentials


@pytest.fixture(scope="module")
def identity(tmp_path_factory):
    return write_identity(tmp_path_factory.mktemp("identity"))


def signing(identity):
    return "--c2pa_certificate", identity[0], "--c2pa_key", identity[1]


def test_pictures_folders_and_records_are_signed(tmp_path, identity, digits_run, gan_sample):
    common = ("--run_dir", digits_run, *signing(identity))
    assert gan_sample(*common, "--out", tmp_path / "a.webp", "--grid", "2x2")[0] == 0
    assert gan_sample(*common, "--out", tmp_path / "many", "--until", 3)[0] == 0
    assert gan_sample(*common, "--out", tmp_path / "x.tfrecord", "--until", 3)[0] == 0
    assert gan_sample(*common, "--out", tmp_path / "set", "--dataset", 3)[0] == 0
    folders = [*(tmp_path / "many").glob("*.png"), *(tmp_path / "set").rglob("*.png")]
    assert len(folders) == 6
    files = [path.read_bytes() for path in folders]
    for record in tf.data.TFRecordDataset(str(tmp_path / "x.tfrecord")):
        example = tf.train.Example.FromString(record.numpy())
        files.append(example.features.feature["image/encoded"].bytes_list.value[0])
    assert len(files) == 9
    for content in files:
        assert read_credentials(content, ".png").intact
    assert read_credentials((tmp_path / "a.webp").read_bytes(), ".webp").intact


def test_inspect_tells_who_signed_and_what_was_changed(tmp_path, identity, digits_run, gan_sample):
    path = tmp_path / "a.png"
    gan_sample("--run_dir", digits_run, *signing(identity), "--out", path)
    status, said = gan_sample("--inspect", path, "--run_dir", digits_run)
    assert status == 0
    assert "intact, signed as 'Artist, Studio'; whether to trust" in said
    assert "  equal: all pixels" in said
    path.write_bytes(path.read_bytes().replace(b":Seed>0-", b":Seed>1-"))
    status, said = gan_sample("--inspect", path)
    assert status == 1
    assert "DAMAGED" in said
    assert "assertion.dataHash.mismatch" in said


def test_flags_that_do_not_go_together(tmp_path, identity, gan_sample):
    chain, key = identity
    for arguments, message in (
        (("--c2pa_key", key), "--c2pa_key: needs c2pa_certificate"),
        (("--c2pa_certificate", chain), "--c2pa_certificate: needs c2pa_key"),
        ((*signing(identity), "--no_provenance"), "combined with no_provenance"),
        ((*signing(identity), "--export", "keras"), "is not for --export"),
    ):
        with pytest.raises(UserError, match=message):
            gan_sample("--run_dir", tmp_path, "--out", tmp_path / "x.png", *arguments)
    with pytest.raises(UserError, match=r"an \.npz file holds none"):
        gan_sample("--run_dir", tmp_path, "--out", "x.npz", *signing(identity))
