"""Names of classes that are no plain text: bytes that are not UTF-8, line breaks, escape codes."""

import json

import numpy as np
import pytest
import tensorflow as tf

from gan_cli.domains.images import Images
from gan_cli.experiment.sweep_plan import plan_runs
from gan_cli.media.named_sheet import named_sheet
from gan_cli.media.provenance import Provenance, from_xmp
from gan_cli.media.sinks.records import RecordSink
from gan_cli.media.text_lines import Line, encoded_lines

# As Python has the byte E9 of a file's name, which is é in Latin-1.
LATIN_1 = "caf\udce9"
NAMES = (LATIN_1, "a\nb", "a\r\x1c\x85\u2029b", "\x1b[2J", "\u202eabc", "\0", "x" * 1000)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_a_sheet_shows_any_name(name):
    images = np.zeros((2, 3, *Images((8, 8, 1)).stored_shape), np.uint8)
    named_sheet(images, [name, "b"], ["a", name, "c"])


@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_lines_of_json_hold_any_name(name):
    line = encoded_lines([Line("abc", {"label": name})], ".jsonl", None)
    assert line.count(b"\n") == 1
    assert json.loads(line) == {"label": name, "text": "abc"}


def test_examples_hold_the_bytes_of_a_name(tmp_path):
    provenance = Provenance("x", "ckpt-1", "0" * 64, {"kind": "records", "truncation": None})
    with RecordSink(tmp_path / "a.tfrecord", provenance, True, 1, None, (LATIN_1,)) as sink:
        sink.start([0], np.zeros(1, np.int32))
        sink.append(np.zeros((1, 8, 8, 1), np.uint8), [0], np.zeros(1, np.int32))
        sink.finish()
    (record,) = tf.data.TFRecordDataset(str(tmp_path / "a.tfrecord")).as_numpy_iterator()
    example = tf.train.Example.FromString(record)
    assert example.features.feature["image/class/text"].bytes_list.value == [b"caf\xe9"]


def test_a_packet_of_any_recipe_is_utf_8():
    recipe = {"kind": "grid", "classes": LATIN_1}
    packet = Provenance("x", "ckpt-1", "0" * 64, recipe).to_xmp()
    packet.decode("utf-8")
    assert from_xmp(packet).recipe == recipe


def test_a_sweep_over_any_text_has_folders(tmp_path):
    runs = plan_runs(tmp_path, [f"data.path={LATIN_1},b"], [])
    assert len({run.folder for run in runs}) == 2
