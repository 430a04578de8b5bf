"""Open values are chosen by the rules of components; those here are the tests' own."""

import dataclasses
from types import SimpleNamespace
from typing import ClassVar

import pytest
from pydantic import ValidationError

from gan_cli.config.load import config_differences, dump_config, load_config
from gan_cli.config.resolve import DataSummary, default_batch_size, fill_all_options, resolve
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.rules import Rules
from gan_cli.config.schema import Config, PenaltyConfig, Section
from gan_cli.errors import UserError


def network(base_channels, learning_rate, **facts):
    usual = {
        "generator_conditioning": "concat",
        "discriminator_conditioning": "projection",
        "conditioning_penalties": {"auxiliary": ("says_the_class",)},
        "penalties": (),
        "options": {},
    }
    facts = {"base_channels": base_channels, "learning_rate": learning_rate} | usual | facts
    return SimpleNamespace(**facts)


def loss(penalties, gamma, **options):
    return SimpleNamespace(default_penalties=penalties, default_gamma=gamma, options=options)


def penalty(gamma, **options):
    return SimpleNamespace(default_gamma=gamma, options=options)


PICTURES = SimpleNamespace(
    name="pictures",
    few_samples=1000,
    gamma=None,
    most_evaluated=10_000,
    decided={},
    default_kimg=lambda count: 40.0 * count / 1000,
    default_features=lambda num_classes: "judge" if num_classes >= 2 else "eye",
)
# As pictures, but compared as they are, and with a strength of their own.
DOTS = SimpleNamespace(
    name="dots",
    few_samples=0,
    gamma=0.01,
    most_evaluated=2500,
    decided={},
    default_kimg=lambda count: 1000.0,
    default_features=lambda num_classes: None,
)
RULES = Rules(
    PICTURES,
    network(24, 3e-4),
    network(48, 7e-4),
    loss({"slope": 16, "slope_of_fakes": 16}, lambda height, width: 0.001 * height * width),
    {
        "slope": penalty(None),
        "slope_of_fakes": penalty(None),
        "strong": penalty(10.0, target=1.0),
        "says_the_class": penalty(1.0),
    },
    automatic_augmentation="shake",
    label_features=frozenset({"judge"}),
)
LABELLED = DataSummary(num_images=60_000, height=28, width=32, channels=1, num_classes=10)
UNLABELLED = DataSummary(num_images=60_000, height=28, width=32, channels=1, num_classes=0)

# What null means here is "no", not "chosen for you".
MAY_STAY_OPEN = {
    "data.folder.tiles",
    "data.folder.path",
    "data.max_images",
    # The usual ones.
    "evaluation.metrics",
    "objective.augmentation",
    "objective.instance_noise",
    "objective.weight_clip",
    "training.freeze",
    "training.init_from",
    "training.max_minutes",
    "training.schedule_kimg",
    "training.patience_kimg",
    # The end of the run.
    "training.learning_rate_schedule.until_kimg",
    "training.ema_ramp_up",
    "training.generator_optimizer.gradient_clip_norm",
    "training.discriminator_optimizer.gradient_clip_norm",
}


def resolved(summary=LABELLED, rules=RULES, **sections):
    config = Config.model_validate({"data": {"source": "folder"}} | sections, strict=False)
    return resolve(config, summary, rules, "mixed_bfloat16")


def open_keys(section, prefix=""):
    for key, value in section.items():
        if isinstance(value, dict):
            yield from open_keys(value, f"{prefix}{key}.")
        elif value is None:
            yield prefix + key


@pytest.mark.parametrize("summary", [LABELLED, UNLABELLED])
def test_nothing_that_is_chosen_stays_open(summary):
    config = resolved(summary)
    assert set(open_keys(config.model_dump())) <= MAY_STAY_OPEN
    assert all(penalty.gamma is not None for penalty in config.objective.penalties)


def test_the_sizes_are_those_of_the_data_and_the_widths_of_each_architecture():
    config = resolved()
    assert config.data.image_size == (28, 32)
    assert config.data.channels == 1
    assert (config.model.generator_channels, config.model.discriminator_channels) == (24, 48)
    assert config.training.generator_optimizer.learning_rate == 3e-4
    assert config.training.discriminator_optimizer.learning_rate == 7e-4
    assert config.training.precision == "mixed_bfloat16"


def test_what_the_config_says_stays():
    entry = {"name": "slope", "gamma": 0.25, "every": 3, "options": {}}
    said = {
        "model": {"generator_channels": 5, "discriminator_channels": 6},
        "objective": {"loss": "hinge", "penalties": [entry]},
        "training": {
            "batch_size": 7,
            "kimg": 11.0,
            "generator_optimizer": {"learning_rate": 0.5},
            "discriminator_optimizer": {"name": "sgd"},
            "ema_half_life_kimg": 0.0,
            "log_every_kimg": 1.0,
            "grid_every_kimg": 2.0,
            "checkpoint_every_kimg": 3.0,
        },
        "evaluation": {"every_kimg": 0.0, "num_samples": 13, "features": "random"},
    }
    found = resolved(**said).model_dump(mode="json")
    assert found["model"] | said["model"] == found["model"]
    assert found["objective"] | said["objective"] == found["objective"]
    assert found["evaluation"] | said["evaluation"] == found["evaluation"]
    optimizers = ("generator_optimizer", "discriminator_optimizer")
    for key, value in said["training"].items():
        if key not in optimizers:
            assert found["training"][key] == value
    assert found["training"]["generator_optimizer"]["learning_rate"] == 0.5
    assert found["training"]["discriminator_optimizer"]["name"] == "sgd"
    assert found["training"]["discriminator_optimizer"]["learning_rate"] == 7e-4


def test_resolving_twice_changes_nothing_and_the_result_is_accepted_back(tmp_path):
    once = resolved()
    others = dataclasses.replace(RULES, generator=network(1, 1.0), discriminator=network(1, 1.0))
    assert resolve(once, LABELLED, others, "mixed_bfloat16") == once
    path = tmp_path / "config.yaml"
    path.write_text(dump_config(once), encoding="utf-8")
    assert load_config(path, [], {}).model_dump() == once.model_dump()


def narrowed_keys(section, path=()):
    """Yields the path of every key that a resolved section narrows."""
    for key in section.__annotations__:
        inner = section.model_fields[key].annotation
        if isinstance(inner, type) and issubclass(inner, Section):
            yield from narrowed_keys(inner, (*path, key))
        else:
            yield (*path, key)


def accepts(model, data):
    try:
        model.model_validate(data, strict=False)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("path", list(narrowed_keys(ResolvedConfig)), ids=".".join)
def test_a_resolved_key_keeps_its_bounds_and_is_never_open(path):
    """Each value is accepted where the schema accepts it, unless it leaves the key open."""
    numbers = [-1, 0, 1, 1.5, 8, 9, 12, 10**9, {"start": 1.0, "end": 2.0}, {"start": 1.0}]
    for value in [None, "auto", "float32", "concat", (8, 8), (4, 8), (), *numbers]:
        data = resolved().model_dump()
        section = data
        for key in path[:-1]:
            section = section[key]
        section[path[-1]] = value
        # No augmentation is a choice as well.
        is_open = value == "auto" or (value is None and path[-1] != "augmentation")
        assert accepts(ResolvedConfig, data) == (accepts(Config, data) and not is_open), value


@pytest.mark.parametrize(
    ("objective", "names"),
    [
        ({}, [("slope", 16), ("slope_of_fakes", 16)]),
        ({"weight_clip": 0.01}, []),
        ({"penalties": []}, []),
        ({"penalties": [{"name": "strong"}]}, [("strong", 1)]),
    ],
)
def test_penalties_that_suit_the_loss(objective, names):
    found = resolved(objective=objective).objective.penalties
    assert [(entry.name, entry.every) for entry in found] == names


def test_penalties_that_a_discriminator_needs_join_those_chosen_or_named():
    rules = dataclasses.replace(RULES, discriminator=network(48, 7e-4, penalties=("strong",)))

    def names(penalties):
        found = resolved(rules=rules, objective={"penalties": penalties}).objective.penalties
        return [(entry.name, entry.gamma) for entry in found]

    assert names([]) == [("strong", 10.0)]
    assert names([{"name": "strong", "gamma": 0.0}]) == [("strong", 0.0)]
    assert [name for name, _ in names(None)] == ["slope", "slope_of_fakes", "strong"]


@pytest.mark.parametrize(
    ("model", "named", "expected"),
    [
        ({"conditional": True, "discriminator_conditioning": "auxiliary"}, [], [1.0]),
        ({"conditional": True, "discriminator_conditioning": "auxiliary"}, [3.0], [3.0]),
        ({"conditional": True}, [], []),
        ({"discriminator_conditioning": "auxiliary"}, [], []),
    ],
)
def test_a_way_of_conditioning_brings_its_penalty_to_both_networks(model, named, expected):
    entries = [{"name": "says_the_class", "gamma": gamma} for gamma in named]
    objective = {"penalties": entries, "generator_penalties": entries}
    found = resolved(model=model, objective=objective).objective
    for penalties in (found.penalties, found.generator_penalties):
        assert [(entry.name, entry.gamma) for entry in penalties] == [
            ("says_the_class", gamma) for gamma in expected
        ]


def test_gamma_is_the_penaltys_own_else_the_domains_else_the_losss():
    def gammas(height, width, rules=RULES):
        penalties = [{"name": "slope"}, {"name": "strong"}, {"name": "slope", "gamma": 3.0}]
        summary = DataSummary(5000, height, width, 3, 0)
        found = resolved(summary, rules, objective={"penalties": penalties}).objective.penalties
        assert all(isinstance(entry, PenaltyConfig) for entry in found)
        return [entry.gamma for entry in found]

    assert gammas(28, 28) == pytest.approx([0.784, 10.0, 3.0])
    assert gammas(56, 28) == pytest.approx([1.568, 10.0, 3.0])
    assert gammas(56, 28, dataclasses.replace(RULES, domain=DOTS)) == [0.01, 10.0, 3.0]


@pytest.mark.parametrize(
    ("side", "batch_size"),
    [(8, 64), (64, 64), (65, 56), (90, 40), (128, 32), (256, 16), (500, 8), (1024, 8)],
)
def test_the_default_batch_is_a_multiple_of_eight(side, batch_size):
    assert default_batch_size(side, 8) == default_batch_size(8, side) == batch_size
    summary = DataSummary(5000, side, 8, 3, 0)
    assert resolved(summary).training.batch_size == batch_size


@pytest.mark.parametrize(
    ("num_images", "objective", "name"),
    [
        (1000, {}, "shake"),
        (1001, {}, None),
        (300, {"augmentation": None}, None),
        (300, {"augmentation": {"name": "diffaugment"}}, "diffaugment"),
        (60_000, {"augmentation": {"name": "ada"}}, "ada"),
    ],
)
def test_few_images_are_augmented_unless_the_config_says_otherwise(num_images, objective, name):
    summary = dataclasses.replace(LABELLED, num_images=num_images)
    augmentation = resolved(summary, objective=objective).objective.augmentation
    assert (augmentation and augmentation.name) == name


def test_features_are_the_domains():
    assert resolved(LABELLED).evaluation.features == "judge"
    assert resolved(UNLABELLED).evaluation.features == "eye"


@pytest.mark.parametrize(
    ("summary", "sections", "problem"),
    [
        (UNLABELLED, {"model": {"conditional": True}}, "model.conditional: needs"),
        (
            UNLABELLED,
            {"evaluation": {"features": "judge"}},
            "evaluation.features: 'judge' needs labelled images; use 'eye', or add labels",
        ),
        (DataSummary(10, 6, 8, 1, 0), {}, "as chosen for this data: data.image_size.0: must be at"),
        (
            DataSummary(10, 8, 8, 1, 0),
            {"training": {"learning_rate_schedule": {"warmup_kimg": 1e6}}},
            "as chosen for this data: training.learning_rate_schedule.warmup_kimg: must be at most",
        ),
    ],
)
def test_what_the_data_cannot_give_is_the_users_to_mend(summary, sections, problem):
    with pytest.raises(UserError) as caught:
        resolved(summary, **sections)
    assert str(caught.value).startswith(problem)


class TestADomainWithDefaultsOfItsOwn:
    summary = DataSummary(num_images=90_000, height=1, width=1, channels=2, num_classes=8)
    data: ClassVar = {"source": "points"}
    rules = dataclasses.replace(RULES, domain=DOTS)

    def test_they_are_chosen(self):
        config = resolved(self.summary, self.rules, data=self.data)
        assert (config.data.image_size, config.data.channels) == ((1, 1), 2)
        assert config.evaluation.features is None
        assert config.evaluation.num_samples == 2500
        assert config.training.kimg == 1000.0
        few = dataclasses.replace(self.summary, num_images=100)
        assert resolved(few, self.rules, data=self.data).objective.augmentation is None
        assert [penalty.gamma for penalty in config.objective.penalties] == [0.01, 0.01]

    def test_no_network_compares_samples_that_are_compared_as_they_are(self):
        with pytest.raises(UserError, match="dots are compared as they are"):
            resolved(self.summary, self.rules, data=self.data, evaluation={"features": "eye"})


class TestOptions:
    """Settings that only one component has."""

    rules = dataclasses.replace(
        RULES,
        generator=network(24, 3e-4, options={"layers": 8, "share": 0.5}),
        discriminator=network(24, 3e-4, options={"pool": True, "mode": "soft"}),
        loss=loss({"slope": 16}, lambda height, width: 1.0, margin=1.0),
    )

    def resolved(self, **sections):
        return resolved(rules=self.rules, **sections)

    def test_those_of_a_model_are_both_architectures(self):
        def options(**given):
            return self.resolved(model={"options": given}).model.options

        assert options() == {"layers": 8, "share": 0.5, "pool": True, "mode": "soft"}
        changed = options(layers=2, share=1, pool=False)
        assert changed == {"layers": 2, "share": 1.0, "pool": False, "mode": "soft"}
        assert type(changed["share"]) is float

    def test_a_loss_and_each_penalty_have_their_own(self):
        entries = [{"name": "strong"}, {"name": "strong", "options": {"target": 0}}]
        found = self.resolved(objective={"penalties": entries}).objective
        assert found.loss_options == {"margin": 1.0}
        assert [entry.options for entry in found.penalties] == [{"target": 1.0}, {"target": 0.0}]
        found = self.resolved(objective={"loss_options": {"margin": 2.5}}).objective
        assert found.loss_options == {"margin": 2.5}
        assert [(entry.name, entry.options) for entry in found.penalties] == [("slope", {})]

    def test_every_wrong_one_is_told_in_a_line(self):
        with pytest.raises(UserError) as caught:
            self.resolved(
                model={"options": {"layer": 2, "pool": "yes", "layers": 1.5}},
                objective={
                    "loss_options": {"margn": 2.0},
                    "generator_penalties": [{"name": "slope", "options": {"target": 1.0}}],
                },
            )
        assert sorted(str(caught.value).splitlines()) == [
            "model.options.layers: must be a whole number, got 1.5",
            "model.options.pool: must be true or false, got 'yes'",
            "model.options: unknown option 'layer'; did you mean 'layers'?"
            " (known: pool, mode, layers, share)",
            "objective.generator_penalties.0.options: unknown option 'target' (known: none)",
            "objective.loss_options: unknown option 'margn'; did you mean 'margin'?"
            " (known: margin)",
        ]

    def test_a_run_from_before_an_option_existed_is_the_same_run(self):
        now = self.resolved()
        before = now.model_copy(
            update={
                "objective": now.objective.model_copy(update={"loss_options": {}}),
                "model": now.model.model_copy(update={"options": {"layers": 8}}),
            }
        )
        assert config_differences(fill_all_options(before, self.rules), now) == []
        other = self.resolved(objective={"loss_options": {"margin": 2.0}})
        assert config_differences(fill_all_options(before, self.rules), other) == [
            "objective.loss_options.margin: 1.0 -> 2.0"
        ]


def test_keys_of_the_source_that_the_samples_decide_are_filled_in():
    from gan_cli.config.data_section import DataConfig
    from gan_cli.config.resolve import _decided

    domain = SimpleNamespace(decided={"length": 7, "alphabet": "abc", "unknown": 1})
    data = DataConfig.model_validate({"source": "text", "path": "x.txt", "length": 5})
    assert _decided(data, domain).text.length == 5
    assert _decided(data, domain).text.alphabet == "abc"
    digits = DataConfig.model_validate({"source": "builtin"})
    assert _decided(digits, domain) == digits


def test_even_classes_need_classes():
    with pytest.raises(UserError, match="class_sampling: uniform needs images with labels"):
        resolved(UNLABELLED, data={"source": "folder", "class_sampling": "uniform"})
