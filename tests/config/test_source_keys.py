"""The keys of each source: in a section of its name, or short in `data` itself."""

import pytest
import yaml

from gan_cli.catalog import CHOICES
from gan_cli.config.data_section import SECTIONS, SOURCE_KEYS, DataConfig
from gan_cli.config.load import config_differences, dump_config, load_config
from gan_cli.config.saved import read_saved_config
from gan_cli.data.sources import SOURCES
from gan_cli.errors import UserError

# The keys of a folder, as they are where nobody names them.
BUILTIN = {"name": "digits", "form": "voices"}
FOLDER = {"frames": "first", "max_pixels": 250_000_000, "tiles": None}


def load(path, *overrides):
    return load_config(path, list(overrides), CHOICES).data


def problems(path, *overrides):
    with pytest.raises(UserError) as caught:
        load(path, *overrides)
    return list(caught.value.problems)


def test_every_source_has_a_section():
    assert set(SOURCE_KEYS) == set(SOURCES.names)


def test_no_key_of_a_source_is_one_that_all_sources_share():
    own = {key for keys in SOURCE_KEYS.values() for key in keys.model_fields}
    assert not own & set(DataConfig.model_fields)


@pytest.mark.parametrize(
    ("text", "section", "expected"),
    [
        ("{source: folder, path: a}", "folder", FOLDER | {"path": "a"}),
        ("{source: folder, folder: {path: a}}", "folder", FOLDER | {"path": "a"}),
        (
            "{source: folder, name: null, path: a, split: null}",
            "folder",
            FOLDER | {"path": "a"},
        ),
        ("{source: builtin}", "builtin", BUILTIN),
        ("{source: builtin, name: null, tfds: null, points: {}}", "builtin", BUILTIN),
        (
            "{source: points, mode_std: 0.02, points: {num_points: 30}}",
            "points",
            {"name": "ring8", "num_points": 30, "mode_std": 0.02},
        ),
        (
            "{source: tfds, name: mnist, split: test}",
            "tfds",
            {"name": "mnist", "data_dir": None, "split": "test", "holdout_split": None},
        ),
        ("{source: 'my.module:thing', options: {a: 1, b: x}}", "options", {"a": 1, "b": "x"}),
        ("{source: 'my.module:thing', path: a, options: {n: 1}}", "options", {"n": 1, "path": "a"}),
    ],
)
def test_both_forms_mean_the_same_and_a_run_keeps_the_section(write, text, section, expected):
    data = load(write(f"data: {text}\n"))
    found = getattr(data, section)
    assert (found if section == "options" else found.model_dump()) == expected
    dumped = data.model_dump()
    assert dumped[section] == expected
    assert [key for key in dumped if key in SECTIONS] == [section]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "{source: folder, name: x}",
            "data.name: is a key of sources 'builtin', 'points', 'tfds', but data.source is"
            " 'folder'",
        ),
        (
            "{source: builtin, mode_std: 1.0}",
            "data.mode_std: is a key of source 'points', but data.source is 'builtin'",
        ),
        (
            "{source: idx, tfds: {split: x}}",
            "data.tfds: is for source 'tfds', but data.source is 'idx'",
        ),
        (
            "{source: idx, options: {split: x}}",
            "data.options: is for a source of your own; source 'idx' has data.idx",
        ),
        (
            "{source: 'a.b:c', idx: {path: x}}",
            "data.idx: is for source 'idx', but data.source is 'a.b:c'",
        ),
        ("{source: points, num_points: 3}", "data.num_points: must be at least 20, got 3"),
        (
            "{source: points, points: {num_points: 3}}",
            "data.points.num_points: must be at least 20, got 3",
        ),
        (
            "{source: folder, folder: {pth: x}}",
            "data.folder.pth: unknown key; did you mean 'path'? (known: path, frames, max_pixels,"
            " tiles)",
        ),
        (
            "{source: folder, path: a, folder: {path: b}}",
            "data: path is given twice, here and in data.folder",
        ),
        (
            "{source: foldr, path: a}",
            "data.source: unknown source 'foldr'; did you mean 'folder'? (known: builtin,"
            " chorales, folder, idx, midi, npz, points, text, tfds; your own: module:attribute)",
        ),
        (
            "{source: folder, folder: x}",
            "data.folder: must be a section of 'key: value' lines, got 'x'",
        ),
    ],
)
def test_a_key_of_another_source_is_one_clear_line(write, text, problem):
    path = write(f"data: {text}\n")
    assert problems(path) == [f"{path}:1: {problem}"]


def test_an_unknown_key_is_told_the_keys_of_its_source(write):
    (line,) = problems(write("data: {source: folder, pth: a}\n"))
    assert "unknown key; did you mean 'path'? (known: path, frames, max_pixels, tiles, " in line
    assert "tfds" not in line


class TestLayers:
    """A file on top of another, and overrides on top of both."""

    @pytest.mark.parametrize("base", ["path: a", "folder: {path: a}"])
    @pytest.mark.parametrize("top", ["path: b", "folder: {path: b}"])
    def test_the_upper_one_wins_in_whatever_form(self, write, base, top):
        write(f"data: {{source: folder, {base}}}\n", "base.yaml")
        assert load(write(f"extends: base.yaml\ndata: {{{top}}}\n")).folder.path == "b"

    @pytest.mark.parametrize("base", ["path: a", "folder: {path: a}"])
    @pytest.mark.parametrize("override", ["data.path=b", "data.folder.path=b"])
    def test_so_does_an_override(self, write, base, override):
        path = write(f"data: {{source: folder, {base}, mirror: true}}\n")
        data = load(path, override)
        assert (data.folder.path, data.mirror) == ("b", True)

    def test_other_keys_of_the_section_stay(self, write):
        path = write("data: {source: points, points: {num_points: 30, mode_std: 0.01}}\n")
        data = load(path, "data.mode_std=0.02")
        assert (data.points.num_points, data.points.mode_std) == (30, 0.02)

    @pytest.mark.parametrize("keys", ["path: a", "idx: {path: a}"])
    def test_another_source_drops_the_keys_of_the_one_below(self, write, keys):
        write(f"data: {{source: idx, {keys}, mirror: true}}\n", "base.yaml")
        top = write("extends: base.yaml\ndata: {source: builtin}\n")
        assert load(top).mirror is True
        assert load(top, "data.source=tfds", "data.name=mnist").tfds.name == "mnist"
        assert load(top, "data.name=mnist", "data.source=tfds").tfds.name == "mnist"
        same = write("extends: base.yaml\ndata: {source: idx}\n", "same.yaml")
        assert load(same).idx.path == "a"

    def test_a_key_that_is_given_for_the_new_source_is_not_dropped(self, write):
        path = write("data: {source: idx, path: a}\n")
        assert problems(path, "data.path=b", "data.source=builtin") == [
            "overrides: data.path: is a key of sources 'folder', 'idx', 'midi', 'npz', 'text', but"
            " data.source is 'builtin'"
        ]


# As a version of before wrote it: the keys of all sources side by side.
EARLIER_DATA = {
    "source": "folder",
    "path": "images",
    "name": None,
    "data_dir": None,
    "split": "train",
    "holdout_split": None,
    "holdout_fraction": 0.1,
    "max_images": None,
    "image_size": [16, 16],
    "channels": 3,
    "num_points": 100_000,
    "mode_std": None,
    "fit": "crop",
    "background": "#ffffff",
    "mirror": False,
    "on_corrupt": "fail",
    "cache": "auto",
}


@pytest.mark.parametrize(
    ("changes", "section", "expected"),
    [
        ({}, "folder", FOLDER | {"path": "images"}),
        # Which it did not refuse, and did not read.
        ({"name": "left over"}, "folder", FOLDER | {"path": "images"}),
        (
            {
                "source": "points",
                "path": None,
                "image_size": [1, 1],
                "channels": 2,
                "name": "grid9",
            },
            "points",
            {"name": "grid9", "num_points": 100_000, "mode_std": None},
        ),
        ({"source": "my.own:source"}, "options", {"path": "images"}),
    ],
)
def test_the_config_of_an_earlier_run_is_read(tmp_path, earlier_run, changes, section, expected):
    values = earlier_run | {"data": EARLIER_DATA | changes}
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    saved = read_saved_config(path)
    assert saved.data.model_dump()[section] == expected
    path.write_text(dump_config(saved), encoding="utf-8")
    again = read_saved_config(path)
    assert again == saved
    assert config_differences(saved, again) == []
