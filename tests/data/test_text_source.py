"""Lines of text as samples: what is read, converted, left out and refused."""

import numpy as np
import pytest

from gan_cli.assembly.resolving import resolve_for
from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.data.dataset import open_splits
from gan_cli.data.sources import domain_of
from gan_cli.errors import UserError


def config_for(path, **keys):
    data = {"source": "text", "path": str(path), **keys}
    section = {"data": data, "model": {"architecture": "sequence"}}
    return Config.model_validate(section, context=CHOICES)


def opened(path, **keys):
    return open_splits(config_for(path, **keys).data)


def strings(splits):
    parts = splits.train, splits.holdout
    return [text for part in parts for text in splits.domain.decoded(part.images)]


def test_lines_are_cleaned_and_what_is_left_out_is_counted(tmp_path):
    file = tmp_path / "names.txt"
    file.write_bytes("\ufeffÅsa\r\nBo \r\n\r\nBo\r\nMaximiliane\r\nEve\r\n".encode())
    splits = opened(file, length=5)
    assert sorted(strings(splits)) == ["Bo", "Eve", "Åsa"]
    assert splits.domain.model_shape == (5, len(set("ÅsaBoEve")) + 1, 1)
    assert splits.notes == (
        "left out, empty: 1 of 6 lines",
        "left out, longer than 5 characters (data.length, data.on_long): 1 of 6 lines",
        "left out, repeats of a line before: 1 of 6 lines",
        "characters that no training string has: 3 ('a', 's', 'Å'), in 1 of 1 held-out strings",
    )
    assert sorted(strings(opened(file, length=3, on_long="cut", case="lower"))) == [
        "bo",
        "eve",
        "max",
        "åsa",
    ]
    assert sorted(strings(opened(file, alphabet="BoEve"))) == ["Bo", "Eve"]


def test_files_of_a_folder_are_classes_and_equal_lines_stay_together(tmp_path):
    lines = [f"{a}{b}{c}" for a in "abcdef" for b in "abcdef" for c in "abcdef"]
    for name in ("one", "two"):
        (tmp_path / f"{name}.txt").write_text("\n".join(lines))
    splits = opened(tmp_path)
    assert splits.train.class_names == ("one", "two")
    held, trained = (set(splits.domain.decoded(x.images)) for x in (splits.holdout, splits.train))
    assert held
    assert not held & trained


def test_a_resolved_config_needs_no_file(tmp_path):
    file = tmp_path / "words.txt"
    file.write_text("\n".join(f"w{number}" for number in range(100)))
    config = config_for(file)
    splits = open_splits(config.data)
    resolved = resolve_for(config, splits)
    file.unlink()
    assert domain_of(resolved.data) == splits.domain
    tokens = splits.train.images[:7]
    domain = splits.domain
    np.testing.assert_array_equal(domain.from_model(domain.to_model(tokens)), tokens)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"ab\nc\xe9d\n", "line 2 is not UTF-8 (byte 0xe9); convert it, such as by: iconv"),
        (b"ab\nc\x00d\n", "line 2 holds a NUL byte; it is no plain text"),
        (b"", "data: no line is left of 0; empty"),
        (b"\n\n\n", "data: no line is left of 3; left out, empty: 3 of 3 lines"),
        (b"same\n" * 20, "gives 1 image; at least 2 are needed"),
        (
            "\n".join(chr(0x4E00 + number) for number in range(300)).encode(),
            "data.alphabet: the lines have 300 different characters, of which at most 255",
        ),
    ],
)
def test_bad_files_are_one_clear_line(tmp_path, content, problem):
    file = tmp_path / "bad.txt"
    file.write_bytes(content)
    with pytest.raises(UserError) as caught:
        opened(file)
    assert len(caught.value.problems) == 1
    assert problem in caught.value.problems[0]


@pytest.mark.parametrize(("name", "count"), [("surnames", 88_799), ("unicode", 9_606)])
def test_builtin_sets(name, count):
    section = {"source": "builtin", "name": name}
    splits = open_splits(Config.model_validate({"data": section}, context=CHOICES).data)
    assert len(splits.train.images) + len(splits.holdout.images) == count
    assert len(set(strings(splits))) == count


def test_characters_that_only_held_out_lines_have_are_counted(tmp_path):
    file = tmp_path / "names.txt"
    file.write_text("\n".join(f"{number:04d}" for number in range(300)), encoding="utf-8")
    assert opened(file).notes == ()
    held = next(iter(opened(file).domain.decoded(opened(file).holdout.images)))
    # Which lines are held out depends on their text: some of many new characters are.
    lines = [f"{number:04d}" for number in range(300)] + [chr(0xC0 + n) + held for n in range(60)]
    file.write_text("\n".join(lines), encoding="utf-8")
    splits = opened(file)
    new = {text for text in splits.domain.decoded(splits.holdout.images) if ord(text[0]) >= 0xC0}
    assert new
    (note,) = splits.notes
    held_out = len(splits.holdout.images)
    assert note.startswith(f"characters that no training string has: {len(new)} (")
    assert note.endswith(f" in {len(new)} of {held_out} held-out strings")
