"""Parts by name, and the user's own modules."""

import sys
from pathlib import Path

import pytest

from gan_cli.catalog import CHOICES
from gan_cli.config.load import load_config
from gan_cli.errors import UserError
from gan_cli.registry import Registry, look_in

PARTS = Registry("loss", {"hinge": "gan_cli.objectives.losses:HINGE"}, of="builtins:int")


def test_a_module_beside_the_config_is_found(tmp_path):
    (tmp_path / "beside_the_config.py").write_text("PART = 41 + 1")
    (tmp_path / "mine.yaml").write_text("data: {source: builtin}")
    load_config(tmp_path / "mine.yaml", [], {})
    path = list(sys.path)
    assert PARTS.load("beside_the_config:PART") == 42
    assert sys.path == path


def test_a_module_in_the_working_folder_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("in_the_working_folder.py").write_text("import beside_it\nPART = beside_it.PART")
    Path("beside_it.py").write_text("PART = 7")
    assert PARTS.load("in_the_working_folder:PART") == 7


def test_an_installed_module_comes_before_a_file_of_its_name(tmp_path):
    (tmp_path / "statistics.py").write_text("raise SystemExit('imported a stranger')")
    look_in(tmp_path)
    sys.modules.pop("statistics", None)
    import statistics

    assert Registry("part", {}).load("statistics:mean") is statistics.mean


@pytest.mark.parametrize(
    ("text", "attribute", "said"),
    [
        ("PART = 1", "OTHER", "holds no OTHER"),
        ("1 / 0", "PART", "ZeroDivisionError: division by zero"),
        ("def f(:", "PART", "SyntaxError: invalid syntax"),
        ("import not_there_at_all", "PART", "No module named 'not_there_at_all'"),
        ("raise SystemExit(7)", "PART", "SystemExit: 7"),
    ],
)
def test_a_module_that_cannot_be_used_is_one_line(tmp_path, text, attribute, said):
    name = f"broken_{abs(hash(text))}"
    (tmp_path / f"{name}.py").write_text(text)
    look_in(tmp_path)
    with pytest.raises(UserError) as caught:
        PARTS.load(f"{name}:{attribute}")
    (problem,) = caught.value.problems
    assert problem.startswith(f"loss '{name}:{attribute}': cannot be imported: ")
    assert said in problem


def test_a_module_that_is_not_there_is_one_line_that_says_where_it_is_looked_for():
    with pytest.raises(UserError) as caught:
        PARTS.load("nowhere_to_be_found:PART")
    assert caught.value.problems == (
        "loss 'nowhere_to_be_found:PART': cannot be imported: there is no nowhere_to_be_found.py in"
        " the working folder or beside the config, and no such module is installed",
    )


@pytest.mark.parametrize("name", [":", "mine:", ":PART", "mine:PART:x", " mine:PART"])
def test_a_name_with_a_colon_is_a_module_and_an_attribute(name):
    said = f"loss '{name}': your own part is named as module:attribute"
    assert PARTS.problem(name) == said
    with pytest.raises(UserError) as caught:
        PARTS.load(name)
    assert caught.value.problems == (said,)


@pytest.mark.parametrize(
    ("family", "path", "said"),
    [
        (
            "architecture",
            "os:path",
            "architecture 'os:path': must be gan_cli.models.contract.Architecture(build_generator,"
            " build_discriminator), got a module",
        ),
        (
            "architecture",
            "gan_cli.models.conv:build_generator",
            "architecture 'gan_cli.models.conv:build_generator': must be"
            " gan_cli.models.contract.Architecture(build_generator, build_discriminator), got a"
            " function",
        ),
        (
            "loss",
            "gan_cli.objectives.losses:Loss",
            "loss 'gan_cli.objectives.losses:Loss': must be"
            " gan_cli.objectives.losses.Loss(discriminator, generator), got the class Loss",
        ),
        (
            "penalty",
            "gan_cli.objectives.losses:HINGE",
            "penalty 'gan_cli.objectives.losses:HINGE': must be"
            " gan_cli.objectives.penalties.penalty.Penalty(value), got a Loss",
        ),
        (
            "augmentation",
            "os:sep",
            "augmentation 'os:sep': must be"
            " gan_cli.objectives.augment.augmentation.Augmentation(transform), got a str",
        ),
        (
            "source",
            "os:environ",
            "source 'os:environ': must be gan_cli.data.sources.source.Source(open) or a function,"
            " got a _Environ",
        ),
        (
            "metric",
            "os:sep",
            "metric 'os:sep': must be gan_cli.metrics.metric.Metric(measure), got a str",
        ),
        ("features", "os:sep", "feature network 'os:sep': must be a function, got a str"),
    ],
)
def test_a_part_of_another_kind_is_one_line(family, path, said):
    with pytest.raises(UserError) as caught:
        CHOICES[family].load(path)
    assert caught.value.problems == (said,)


@pytest.mark.parametrize("family", CHOICES)
def test_every_part_of_our_own_is_of_its_kind(family):
    registry = CHOICES[family]
    for name in registry.names:
        registry._check(name, registry.load(name))


OWN = """
from gan_cli.metrics.metric import Metric
from gan_cli.models.contract import Architecture
from gan_cli.objectives.augment.augmentation import Augmentation
from gan_cli.objectives.losses import Loss
from gan_cli.objectives.penalties.penalty import Penalty
from gan_cli.data.sources.source import Source

def two(real, fake): return fake - real
def three(real, fake, target, *, margin=1.0): return fake - real
def four(sample, comparison, rng, thorough): return None

SHORT = Loss(two, two)
GOOD = Loss(three, two)
NONE = Loss(None, two)
NETWORKS = Architecture(lambda spec: None, lambda: None, base_channels=8, learning_rate=1e-3)
PENALTY = Penalty(lambda: 0.0)
METRIC = Metric("mine", two)
COUNTED = Metric("mine", four)
CHANGE = Augmentation(two, ("colour",))
SOURCE = Source(lambda config: None, domain=two)
"""


@pytest.mark.parametrize(
    ("family", "attribute", "said"),
    [
        (
            "loss",
            "SHORT",
            "discriminator must be a function of (real_logits, fake_logits, real_target), got"
            " two(real, fake)",
        ),
        (
            "loss",
            "NONE",
            "discriminator must be a function of (real_logits, fake_logits, real_target), got a"
            " NoneType",
        ),
        (
            "architecture",
            "NETWORKS",
            "build_discriminator must be a function of (spec), got a lambda of ()",
        ),
        ("penalty", "PENALTY", "value must be a function of (update), got a lambda of ()"),
        (
            "metric",
            "METRIC",
            "measure must be a function of (sample, comparison, rng, thorough), got two(real,"
            " fake)",
        ),
        (
            "augmentation",
            "CHANGE",
            "transform must be a function of (images, probability, seed, policies), got two(real,"
            " fake)",
        ),
        ("source", "SOURCE", "domain must be a function of (config), got two(real, fake)"),
    ],
)
def test_a_function_of_other_arguments_is_one_line(tmp_path, family, attribute, said):
    (tmp_path / "own_functions.py").write_text(OWN)
    look_in(tmp_path)
    with pytest.raises(UserError) as caught:
        CHOICES[family].load(f"own_functions:{attribute}")
    kind = CHOICES[family].kind
    assert caught.value.problems == (f"{kind} 'own_functions:{attribute}': {said}",)


@pytest.mark.parametrize(("family", "attribute"), [("source", "two"), ("features", "three")])
def test_a_part_that_is_a_function_is_checked_itself(tmp_path, family, attribute):
    (tmp_path / "own_functions.py").write_text(OWN)
    look_in(tmp_path)
    with pytest.raises(UserError, match=r"': must be a function of \("):
        CHOICES[family].load(f"own_functions:{attribute}")


@pytest.mark.parametrize(
    ("arguments", "is_swapped"),
    [
        ("fake_logits, real_logits, real_target", True),
        ("fake, real, target", True),
        ("real, target, fake", True),
        ("real_logits, fake_logits, real_target", False),
        ("real, fake, target", False),
        ("d_real, d_fake, label", False),
        ("_real, fake, *rest", False),
    ],
)
def test_arguments_in_another_order_are_refused_by_their_names(tmp_path, arguments, is_swapped):
    module = f"own_order_{abs(hash(arguments))}"
    (tmp_path / f"{module}.py").write_text(
        "from gan_cli.objectives.losses import Loss\n"
        f"def discriminator({arguments}): pass\n"
        "LOSS = Loss(discriminator, lambda real, fake: -fake)\n"
    )
    look_in(tmp_path)
    if is_swapped:
        with pytest.raises(UserError, match=r"in this order: it is called by position, and"):
            CHOICES["loss"].load(f"{module}:LOSS")
    else:
        CHOICES["loss"].load(f"{module}:LOSS")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("my_loss", "unknown loss 'my_loss' (known: minimax, non_saturating, least_squares, hinge,"
         " wasserstein, relativistic; your own: module:attribute)"),
        ("own_functions.py:GOOD", "loss 'own_functions.py:GOOD': name the module in place of its"
         " file: own_functions:GOOD"),
        ("parts/own.py:GOOD", "loss 'parts/own.py:GOOD': name the module in place of its file:"
         " own:GOOD, and put own.py beside the config"),
        ("own_functions:Good", "loss 'own_functions:Good': cannot be imported: own_functions holds"
         " no Good; did you mean 'GOOD'?"),
    ],
)  # fmt: skip
def test_a_name_that_is_nearly_right_is_answered_with_the_right_one(tmp_path, name, said):
    (tmp_path / "own_functions.py").write_text(OWN)
    look_in(tmp_path)
    with pytest.raises(UserError) as caught:
        CHOICES["loss"].load(name)
    assert caught.value.problems == (said,)


def test_functions_with_options_pass(tmp_path):
    (tmp_path / "own_functions.py").write_text(OWN)
    look_in(tmp_path)
    assert CHOICES["loss"].load("own_functions:GOOD").options == {"margin": 1.0}
    assert CHOICES["metric"].load("own_functions:COUNTED").source == "mine"
