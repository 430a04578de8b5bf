"""Strings in text files: what they hold, and where they say they come from."""

import json

import numpy as np
import pytest

from gan_cli.domains.tokens import strings_of
from gan_cli.errors import UserError
from gan_cli.media.provenance import Provenance
from gan_cli.media.sinks.lines import LineSink
from gan_cli.media.sinks.records import RecordSink

DOMAIN = strings_of("abé", 4)
ORIGIN = Provenance("names", "ckpt-5", "0" * 64, {"kind": "lines", "seeds": "3-5"})


def write(out, marked=True, labels=None):
    with LineSink(out, ORIGIN, marked, 3, None, DOMAIN, ("x", "y")) as sink:
        assert sink.start(range(0), None) == 0
        tokens = DOMAIN.encoded(["ab", "é", "abab"])
        for at in (slice(0, 2), slice(2, 3)):
            part = None if labels is None else np.array(labels[at], np.int32)
            sink.append(tokens[at], [3, 4, 5][at], part)
        sink.finish()
    assert not list(out.parent.glob(".*"))


@pytest.mark.parametrize("marked", [True, False])
def test_plain_lines_and_their_origin(tmp_path, marked):
    out = tmp_path / "names.txt"
    write(out, marked)
    write(out, marked)
    assert out.read_text(encoding="utf-8") == "ab\né\nabab\n"
    sidecar = tmp_path / "names.txt.json"
    assert sidecar.is_file() == marked
    if marked:
        assert json.loads(sidecar.read_text())["recipe"]["seeds"] == "3-5"


def test_objects_have_seed_label_text_and_origin(tmp_path):
    out = tmp_path / "names.jsonl"
    write(out, labels=[1, 0, 1])
    found = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(each["seed"], each["label"], each["text"]) for each in found] == [
        (3, "y", "ab"),
        (4, "x", "é"),
        (5, "y", "abab"),
    ]
    assert {each["provenance"]["checkpoint"] for each in found} == {"ckpt-5"}


@pytest.mark.parametrize("name", ["names.txt", "names.jsonl", "names.tfrecord"])
def test_one_process_at_a_time_writes_a_file(tmp_path, name):
    def sink():
        if name.endswith(".tfrecord"):
            return RecordSink(tmp_path / name, ORIGIN, True, 3, None, ())
        return LineSink(tmp_path / name, ORIGIN, True, 3, None, DOMAIN, ("x", "y"))

    with sink() as first:
        first.start(range(3), None)
        # Locks are of open files: a second one in this process stands for another process.
        with (
            pytest.raises(UserError, match=f"another process is writing .*{name}"),
            sink() as other,
        ):
            other.start(range(3), None)
        with pytest.raises(UserError, match="another process"), sink() as third:
            third.start(range(3), None)
    assert not list(tmp_path.glob(".*.lock"))
    with sink() as later:
        assert later.start(range(3), None) == 0


def test_what_follows_the_end_is_no_text():
    tokens = np.array([[1, 0, 2, 3], [0, 1, 1, 1]], np.uint8)[:, :, None, None]
    assert DOMAIN.decoded(tokens) == ["a", ""]
