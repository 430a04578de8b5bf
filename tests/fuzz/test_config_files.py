"""Config files and overrides of any content."""

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gan_cli.catalog import CHOICES
from gan_cli.config.load import dump_config, load_config
from gan_cli.config.schema import Config

FUZZ = settings.get_profile("gan-cli-fuzz")
SEED = b"""name: fuzz
seed: 3
data: {source: folder, path: images, image_size: [16, 16], fit: pad, background: '#102030'}
model:
  architecture: {generator: conv, discriminator: sngan}
  conditional: true
objective: &objective
  penalties: [{name: r1, gamma: 0.1, every: 16}, {name: r2}]
  augmentation: {name: diffaugment, policies: [color]}
training: {batch_size: 16, kimg: 12.8, precision: float32, deterministic: true}
evaluation: {every_kimg: 3.2, num_samples: 100, features: random}
"""
KEYS = sorted(
    {"extends", "x", "", "0", *Config.model_fields}.union(
        *(getattr(field.annotation, "model_fields", {}) for field in Config.model_fields.values())
    )
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["conv", "r1", "ada", "~nobody/x", "\0", "a" * 5000, "1e999", 10**400, -0.0]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.sampled_from(KEYS), inner, max_size=5)
    ),
    max_leaves=20,
)
SECTIONS = st.fixed_dictionaries(
    {},
    optional={
        name: st.dictionaries(
            st.sampled_from(sorted(field.annotation.model_fields)), VALUES, max_size=5
        )
        if hasattr(field.annotation, "model_fields")
        else VALUES
        for name, field in Config.model_fields.items()
    },
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "neighbour.yaml").write_text("data: {source: builtin}\n")
    return tmp_path


def load(path, overrides=()):
    """Loads, and checks that what is accepted comes back from its own dump."""
    config = load_config(path, list(overrides), CHOICES)
    again = path.with_name("again.yaml")
    again.write_text(dump_config(config), encoding="utf-8")
    assert load_config(again, [], CHOICES) == config


def test_mutated_text(folder, mutated, only_user_errors):
    path = folder / "run.yaml"

    @FUZZ
    @given(mutated(SEED))
    def check(content):
        path.write_bytes(content)
        with only_user_errors(folder / "neighbour.yaml", path):
            load(path)

    check()


def test_well_formed_text_of_any_values(folder, only_user_errors):
    path = folder / "run.yaml"

    @FUZZ
    @given(st.one_of(SECTIONS, VALUES))
    def check(value):
        path.write_text(yaml.safe_dump(value), encoding="utf-8")
        with only_user_errors(folder / "neighbour.yaml", path):
            load(path)

    check()


def test_overrides(folder, only_user_errors):
    path = folder / "run.yaml"
    path.write_bytes(SEED)
    keys = st.lists(st.one_of(st.sampled_from(KEYS), st.text(max_size=5)), max_size=4)
    override = st.one_of(
        st.text(max_size=30),
        st.tuples(keys, st.text(max_size=12)).map(lambda pair: f"{'.'.join(pair[0])}={pair[1]}"),
    )

    @FUZZ
    @given(st.lists(override, min_size=1, max_size=3))
    def check(overrides):
        with only_user_errors(path):
            load(path, overrides)

    check()


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB,
        BOMB + "data: {source: builtin, image_size: *a11}\n",
        BOMB + "data: {source: *a11}\n",
        "a0: &a0 {k: v}\n"
        + "".join(f"a{n}: &a{n} {{!!merge <<: [*a{n - 1}, *a{n - 1}]}}\n" for n in range(1, 40)),
        "data: &a [*a]\n",
        "data: &a {b: *a}\n",
        "[" * 100_000,
        "{a: " * 5_000,
        "seed: " + "9" * 100_000,
        "seed: 0x" + "f" * 100_000,
        "!!python/object/apply:os.system ['touch harmed']",
        "data: !!python/name:os.system",
        "name: !!binary '=='",
        "name: !!timestamp 2000-99-99",
    ],
    ids=lambda text: text[:24].strip(),
)
def test_bombs_and_code(folder, monkeypatch, text):
    monkeypatch.chdir(folder)
    path = folder / "run.yaml"
    path.write_text(text)
    with pytest.raises(Exception) as caught:
        load(path)
    assert type(caught.value).__name__ == "UserError"
    assert all(len(problem) < 4000 for problem in caught.value.problems)
    assert not (folder / "harmed").exists()
