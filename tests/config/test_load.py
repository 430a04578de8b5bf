import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gan_cli.config.load import config_differences, dump_config, load_config
from gan_cli.config.schema import ArchitecturePair, Config, PenaltyConfig
from gan_cli.errors import UserError

MINIMAL = "data: {source: builtin}\n"


def problems(path, overrides, choices):
    with pytest.raises(UserError) as caught:
        load_config(path, overrides, choices, "--set")
    assert all("\n" not in problem for problem in caught.value.problems)
    return list(caught.value.problems)


def test_data_is_all_that_a_file_must_say(write, choices):
    config = load_config(write(MINIMAL), [], choices)
    assert config == Config.model_validate({"data": {"source": "builtin"}})
    assert config.objective.loss == "relativistic"


def test_values_and_their_types(write, choices):
    config = load_config(
        write(
            "name: '1'\n"
            "data: {source: builtin, image_size: [28, 32], mirror: true}\n"
            "model: {architecture: {generator: conv, discriminator: mlp}}\n"
            "objective: {penalties: [{name: r1, gamma: 1e-1, every: 16}]}\n"
            "training: {kimg: 2000, generator_optimizer: {learning_rate: 5e-4}}\n"
        ),
        [],
        choices,
    )
    assert config.name == "1"
    assert config.data.image_size == (28, 32)
    assert config.model.architecture == ArchitecturePair(generator="conv", discriminator="mlp")
    assert config.objective.penalties == (PenaltyConfig(name="r1", gamma=0.1, every=16),)
    assert config.training.kimg == 2000.0
    assert config.training.generator_optimizer.learning_rate == 0.0005


def test_one_side_means_a_square(write, choices):
    config = load_config(write("data: {source: builtin, image_size: 28}"), [], choices)
    assert config.data.image_size == (28, 28)


def test_a_path_of_the_users_own_is_no_unknown_name(write, choices):
    config = load_config(write("data: {source: 'mine.images:open'}"), [], choices)
    assert config.data.source == "mine.images:open"


EVERYTHING_WRONG = """\
name: -x
data:
  source: buildin
  image_size: 4
  channels: 2
  mirror: yes
  max_images: 3.5
  on_corrupt: skp
  background: white
model:
  architecture: {generator: cnv}
  latent_dim: true
objective:
  penalties:
    - {name: r1, gama: 1}
    - {gamma: -1}
    - r2
training:
  batch_size: 0
  kimg: "2000"
  generator_optimizer: {beta_1: 1.0, learning_rate: .nan}
evaluation:
trainig: {}
batch_size: 3
seed: 4294967296
"""


def test_all_problems_are_told_with_line_key_value_and_what_is_allowed(write, choices):
    path = write(EVERYTHING_WRONG)
    top = "(known: name, seed, data, model, objective, training, evaluation, guard, extends)"
    expected = {
        "1: name: must be letters, digits, '.', '_' or '-', and start with a letter or digit",
        "3: data.source: unknown source 'buildin'; did you mean 'builtin'?"
        " (known: builtin, folder; your own: module:attribute)",
        "4: data.image_size: must be at least 8, got 4",
        "5: data.channels: must be 1, 3 or 4, got 2",
        "6: data.mirror: must be true or false, got 'yes'",
        "7: data.max_images: must be a whole number, got 3.5",
        "8: data.on_corrupt: must be 'fail' or 'skip', got 'skp'; did you mean 'skip'?",
        "9: data.background: must be a colour written as '#rrggbb'",
        "11: model.architecture.generator: unknown architecture 'cnv'; did you mean 'conv'?"
        " (known: conv, mlp; your own: module:attribute)",
        "11: model.architecture.discriminator: is required",
        "12: model.latent_dim: must be a whole number, got true",
        "15: objective.penalties.0.gama: unknown key; did you mean 'gamma'?"
        " (known: name, gamma, every, options)",
        "16: objective.penalties.1.name: is required",
        "16: objective.penalties.1.gamma: must be at least 0, got -1",
        "17: objective.penalties.2: must be a section of 'key: value' lines, got 'r2'",
        "19: training.batch_size: must be at least 1, got 0",
        "20: training.kimg: must be a number, got '2000'",
        "21: training.generator_optimizer.beta_1: must be less than 1, got 1.0",
        "21: training.generator_optimizer.learning_rate: must be a finite number, got nan",
        "22: evaluation: must be a section of 'key: value' lines, got null",
        f"23: trainig: unknown key; did you mean 'training'? {top}",
        f"24: batch_size: unknown key; did you mean 'training.batch_size'? {top}",
        "25: seed: must be less than 2147483648, got 4294967296",
    }
    found = problems(path, [], choices)
    assert set(found) == {f"{path}:{line}" for line in expected}
    assert len(found) == len(expected)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", ": data: is required"),
        ("- a\n", ": must hold 'key: value' lines, got ['a']"),
        ("data: {source: 3}\n", ":1: data.source: must be text, got 3"),
        ("data: {}\n", ":1: data.source: is required"),
        ("Data: {source: builtin}\n", ":1: Data: unknown key; did you mean 'data'? (known: "),
        ("1: x\n" + MINIMAL, ":1: 1: unknown key (known: "),
        (
            "data: {source: builtin, image_size: [28, 28, 1]}\n",
            ":1: data.image_size: must be a side or [height, width], in whole pixels, got [28, 28,",
        ),
        (
            "data: {source: builtin, image_size: [28, 4]}\n",
            ":1: data.image_size.1: must be at least 8, got 4",
        ),
        (MINIMAL + "model: {architecture: 3}\n", ":2: model.architecture: must be text, got 3"),
        (
            MINIMAL + "model: {architecture: mlpp}\n",
            ":2: model.architecture: unknown architecture 'mlpp'; did you mean 'mlp'?",
        ),
        (
            MINIMAL + "training: {kimg: 10, learning_rate_schedule: {warmup_kimg: 20}}\n",
            ":2: training.learning_rate_schedule.warmup_kimg: must be at most training.kimg"
            " (10.0), got 20.0",
        ),
        (MINIMAL + "objective: {penalties: r1}\n", ":2: objective.penalties: must be a list, got"),
        (
            MINIMAL + "objective: {penalties: [{name: r1, gamma: {start: 1, stop: 2}}]}\n",
            ":2: objective.penalties.0.gamma.stop: unknown key (known: start, end, until_kimg)",
        ),
        (
            MINIMAL + "objective: {penalties: [{name: r1, gamma: {start: 1}}]}\n",
            ":2: objective.penalties.0.gamma.end: is required",
        ),
        (
            MINIMAL + "training: {generator_optimizer: {beta_2: {start: 0.9, end: 1}}}\n",
            ":2: training.generator_optimizer.beta_2.end: must be less than 1, got 1",
        ),
        (
            MINIMAL + "training: {generator_optimizer: {name: sgd, beta_2: {start: 0, end: 0}}}\n",
            ":2: training.generator_optimizer: beta_2 can move for 'adam' only; for 'sgd' it must",
        ),
        (
            MINIMAL + "objective: {augmentation: {name: ada, probability: {start: 0, end: 2}}}\n",
            ":2: objective.augmentation.probability.end: must be at most 1, got 2",
        ),
        (
            MINIMAL
            + "objective:\n  augmentation:\n    name: ada\n    signal: pair_sign\n"
            + "    probability: {start: 0, end: 1}\n",
            ":3: objective.augmentation: signal must be 'none' where the probability has a start",
        ),
        (
            MINIMAL + "objective: {updates: simultaneous, n_critic: 2}\n",
            ":2: objective: n_critic must be 1 where updates are 'simultaneous', got 2",
        ),
        (
            MINIMAL + "objective: {updates: simultaneous, generator_batch: fresh}\n",
            ":2: objective: generator_batch must be 'shared' where updates are 'simultaneous', got",
        ),
        (
            MINIMAL + "objective: {augmentation: ada}\n",
            ":2: objective.augmentation: must be 'auto', null or {name: ...}, got 'ada'",
        ),
        (
            MINIMAL + "training: {learning_rate_schedule: {warmup_kimg: 20, until_kimg: 10}}\n",
            ":2: training.learning_rate_schedule.warmup_kimg: must be at most until_kimg"
            " (10.0), got 20.0",
        ),
    ],
)
def test_one_problem(write, choices, text, problem):
    path = write(text)
    found = problems(path, [], choices)
    assert [line for line in found if line.startswith(f"{path}{problem}")], found


def test_long_values_are_shortened(write, choices):
    (found,) = problems(write(f"data: {{source: builtin, mirror: {'x' * 5000}}}"), [], choices)
    assert len(found) < 300


def test_unreadable_files(tmp_path, choices):
    assert problems(tmp_path / "none.yaml", [], choices) == [
        f"{tmp_path / 'none.yaml'}: cannot read the config: No such file or directory"
    ]
    assert "Is a directory" in problems(tmp_path, [], choices)[0]
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"\x89PNG\xff\x00")
    assert problems(binary, [], choices) == [f"{binary}: is not a text file in UTF-8"]


class TestExtends:
    def test_sections_merge_and_lists_are_replaced(self, write, choices):
        write(
            "data: {source: builtin, mirror: true}\n"
            "objective: {penalties: [{name: r1}, {name: r2}]}\n"
            "training: {kimg: 10.0, batch_size: 8}\n",
            "base.yaml",
        )
        write("extends: ../base.yaml\ntraining: {kimg: 20.0}\n", "variants/middle.yaml")
        top = write(
            "extends: middle.yaml\nobjective: {penalties: [{name: wgan_gp}]}\n", "variants/top.yaml"
        )
        config = load_config(top, [], choices)
        assert config.data.mirror is True
        assert (config.training.kimg, config.training.batch_size) == (20.0, 8)
        assert [penalty.name for penalty in config.objective.penalties] == ["wgan_gp"]

    def test_a_problem_names_the_file_that_it_is_in(self, write, choices):
        base = write(MINIMAL + "training:\n  batch_size: 0\n  kimg: -1\n", "base.yaml")
        top = write("extends: base.yaml\ntraining:\n  kimg: -2\n")
        assert problems(top, [], choices) == [
            f"{base}:3: training.batch_size: must be at least 1, got 0",
            f"{top}:3: training.kimg: must be more than 0, got -2",
        ]

    def test_a_replaced_list_has_no_lines_in_the_parent(self, write, choices):
        write(MINIMAL + "objective: {penalties: [{name: r1, gamma: 1.0}]}\n", "base.yaml")
        top = write("extends: base.yaml\n\nobjective: {penalties: [{gamma: 1.0}]}\n")
        assert problems(top, [], choices) == [f"{top}:3: objective.penalties.0.name: is required"]

    def test_what_a_section_lacks_is_told_where_it_was_last_opened(self, write, choices):
        write("data: {mirror: true}\n", "base.yaml")
        top = write("extends: base.yaml\n\ndata: {channels: 1}\n")
        assert problems(top, [], choices) == [f"{top}:3: data.source: is required"]

    def test_circles_are_refused(self, write, choices, tmp_path):
        write("extends: b.yaml\n", "a.yaml")
        path = write("extends: a.yaml\n", "b.yaml")
        assert problems(path, [], choices) == [
            f"{tmp_path / 'a.yaml'}:1: extends: {path} extends this file in turn"
        ]
        alone = write("extends: alone.yaml\n", "alone.yaml")
        assert "extends this file in turn" in problems(alone, [], choices)[0]

    @pytest.mark.parametrize("value", ["3", "[a.yaml]", "", '"a\\0b"'])
    def test_it_must_be_a_file_name(self, write, choices, value):
        path = write(f"extends: {value}\n" + MINIMAL)
        (found,) = problems(path, [], choices)
        assert found.startswith(f"{path}:1: extends: must be a file name, got ")

    def test_a_missing_parent_is_told_with_the_child(self, write, choices, tmp_path):
        path = write("extends: none.yaml\n")
        assert problems(path, [], choices) == [
            f"{path}:1: extends: {tmp_path / 'none.yaml'}: cannot read the config:"
            " No such file or directory"
        ]

    def test_a_malformed_parent_is_told_as_itself(self, write, choices):
        base = write("a: [\n", "base.yaml")
        (found,) = problems(write("extends: base.yaml\n"), [], choices)
        assert found.startswith(f"{base}:2:1: malformed YAML")


class TestOverrides:
    def test_values_are_yaml(self, write, choices):
        path = write(MINIMAL + "objective: {penalties: [{name: r1}, {name: r2}]}\n")
        config = load_config(
            path,
            [
                "seed=3",
                "training.kimg=1e1",
                "data.name=a=b",
                "data.image_size=[8, 16]",
                "objective.penalties.1.gamma=0.5",
                "training.generator_optimizer.beta_1=0.5",
                "model.architecture={generator: conv, discriminator: mlp}",
                "model.architecture.generator=mlp",
            ],
            choices,
        )
        assert config.seed == 3
        assert config.training.kimg == 10.0
        assert config.data.builtin.name == "a=b"
        assert config.data.image_size == (8, 16)
        assert [penalty.gamma for penalty in config.objective.penalties] == [None, 0.5]
        assert config.training.generator_optimizer.beta_1 == 0.5
        assert config.model.architecture == ArchitecturePair(generator="mlp", discriminator="mlp")

    def test_the_last_one_wins_and_nothing_means_null(self, write, choices):
        config = load_config(write(MINIMAL), ["seed=3", "seed=4", "training.kimg="], choices)
        assert (config.seed, config.training.kimg) == (4, None)

    def test_values_by_key(self, write, choices):
        path = write(MINIMAL + "objective: {penalties: [{name: r1}]}\n")
        values = {"training.kimg": 5.0, "objective.penalties.0.gamma": 2.0, "data.name": "a=b: c"}
        config = load_config(path, values, choices)
        assert (config.training.kimg, config.data.builtin.name) == (5.0, "a=b: c")
        assert config.objective.penalties[0].gamma == 2.0
        with pytest.raises(
            UserError, match=r"^overrides: training\.kimg: must be a number, got 'x'"
        ):
            load_config(path, {"training.kimg": "x"}, choices)
        with pytest.raises(UserError, match=r"^overrides a\.\.b: must be a key of the config"):
            load_config(path, {"a..b": 1}, choices)

    def test_problems_name_the_flag_and_come_with_the_files_own(self, write, choices):
        path = write(MINIMAL + "seed: -1\ntraining: {batch_size: 8}\n")
        found = problems(
            path,
            [
                "training={batch_size: 0}",
                "objective.penalties.0.gamma=1",
                "nosuch.key=1",
                "bogus",
                "=1",
                "a..b=1",
                "extends=a.yaml",
                "name=[1",
                "seed.x=1",
            ],
            choices,
        )
        form = "must be of the form key.path=value"
        assert found[:6] == [
            "--set objective.penalties.0.gamma: the config leaves 'objective.penalties' to its"
            " default; write the list, as in objective.penalties=[{name: ..., gamma: ...}]; the"
            " config.yaml of a run, and a dry run with all details, show the default",
            f"--set bogus: {form}",
            f"--set =1: {form}",
            f"--set a..b=1: {form}",
            "--set extends=a.yaml: only a file can extend another",
            "--set name:1:3: malformed YAML: while parsing a flow sequence,"
            " expected ',' or ']', but got '<stream end>'",
        ]
        assert found[6] == "--set seed.x: 'seed' is -1, not a section"
        assert found[7:9] == [
            f"{path}:2: seed: must be at least 0, got -1",
            "--set: training.batch_size: must be at least 1, got 0",
        ]
        assert found[9].startswith("--set: nosuch: unknown key (known: ")
        assert len(found) == 10

    @pytest.mark.parametrize("key", ["2", "-1", "x"])
    def test_an_element_that_a_list_does_not_have(self, write, choices, key):
        path = write(MINIMAL + "objective: {penalties: [{name: r1}, {name: r2}]}\n")
        (found,) = problems(path, [f"objective.penalties.{key}.gamma=1"], choices)
        assert found.startswith(
            f"--set objective.penalties.{key}.gamma: 'objective.penalties' is ["
        )


OPEN_OR = st.none() | st.floats(1e-12, 1e6)
CONFIGS = st.fixed_dictionaries(
    {
        "name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._-]{0,5}", fullmatch=True),
        "seed": st.integers(0, 2**31 - 1),
        "data": st.fixed_dictionaries(
            {
                "source": st.just("folder"),
                "path": st.none() | st.text(st.characters(codec="utf-8"), max_size=10),
                "image_size": st.none() | st.tuples(st.integers(8, 64), st.integers(8, 64)),
                "mirror": st.booleans(),
            }
        ),
        "model": st.fixed_dictionaries(
            {
                "architecture": st.just("mlp")
                | st.just({"generator": "conv", "discriminator": "mlp"})
            }
        ),
        "objective": st.fixed_dictionaries(
            {
                "penalties": st.none()
                | st.lists(st.fixed_dictionaries({"name": st.just("r1"), "gamma": OPEN_OR}))
            }
        ),
        "training": st.fixed_dictionaries({"kimg": OPEN_OR, "ema_half_life_kimg": OPEN_OR}),
    }
)


@settings(max_examples=100, deadline=None)
@given(CONFIGS)
@example({"data": {"source": "folder", "path": "a\x85b\u2028c\u2029"}})
def test_a_dumped_config_is_read_back_exactly(tmp_path_factory, values):
    config = Config.model_validate(values, strict=False)
    path = tmp_path_factory.mktemp("dump") / "config.yaml"
    path.write_text(dump_config(config), encoding="utf-8")
    assert load_config(path, [], {}) == config


def test_differences_are_told_by_key(write, choices):
    old = load_config(
        write(MINIMAL + "objective: {penalties: [{name: r1, gamma: 1.0}]}\n"), [], choices
    )
    new = load_config(
        write("seed: 1\nobjective: {penalties: []}\ndata: {source: builtin, mirror: true}\n"),
        [],
        choices,
    )
    assert config_differences(old, old) == []
    assert set(config_differences(old, new)) == {
        "seed: 0 -> 1",
        "data.mirror: false -> true",
        "objective.penalties.0.name: 'r1' -> nothing",
        "objective.penalties.0.gamma: 1.0 -> nothing",
        "objective.penalties.0.every: 1 -> nothing",
        "objective.penalties.0.options: {} -> nothing",
        "objective.penalties: nothing -> []",
    }
    assert "seed: 1 -> 0" in config_differences(new, old)


def test_a_colour_in_an_override_is_no_comment(write, choices):
    path = write("data: {source: builtin}\n")
    assert load_config(path, ["data.background=#ff0080"], choices).data.background == "#ff0080"
