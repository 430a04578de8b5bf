import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from gan_cli.config.load import dump_config, load_config
from gan_cli.config.resolve import DataSummary, resolve
from gan_cli.config.schema import Config, PenaltyConfig
from gan_cli.errors import UserError


@dataclass(frozen=True)
class Defaults:
    base_channels: int
    learning_rate: float
    generator_conditioning: str = "concat"
    discriminator_conditioning: str = "projection"
    penalties: tuple[str, ...] = ()
    options: dict = field(default_factory=dict)


LABELLED = DataSummary(num_images=60_000, height=28, width=32, channels=1, num_classes=10)
UNLABELLED = DataSummary(num_images=60_000, height=28, width=32, channels=1, num_classes=0)

# What null means here is "no", not "chosen for you".
GAMMAS = {"r1": None, "r2": None, "wgan_gp": 10.0, "auxiliary_classifier": 1.0}
MAY_STAY_OPEN = {
    "data.path",
    "data.name",
    "data.data_dir",
    "data.holdout_split",
    "data.max_images",
    "data.mode_std",
    "objective.augmentation",
    "objective.instance_noise",
    "objective.weight_clip",
    "training.max_minutes",
    # The end of the run.
    "training.learning_rate_schedule.until_kimg",
    "training.ema_ramp_up",
    "training.generator_optimizer.gradient_clip_norm",
    "training.discriminator_optimizer.gradient_clip_norm",
}


def resolved(summary=LABELLED, **sections):
    config = Config.model_validate({"data": {"source": "folder"}} | sections, strict=False)
    return resolve(
        config, summary, Defaults(24, 3e-4), Defaults(48, 7e-4), "mixed_bfloat16", GAMMAS
    )


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
    said = {
        "model": {"generator_channels": 5, "discriminator_channels": 6},
        "objective": {"loss": "hinge", "penalties": [{"name": "r2", "gamma": 0.25, "every": 3}]},
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
    assert (
        resolve(once, LABELLED, Defaults(1, 1.0), Defaults(1, 1.0), "mixed_bfloat16", GAMMAS)
        == once
    )
    path = tmp_path / "config.yaml"
    path.write_text(dump_config(once), encoding="utf-8")
    assert load_config(path, [], {}) == once


@pytest.mark.parametrize(
    ("objective", "names"),
    [
        ({"loss": "relativistic"}, ["r1", "r2"]),
        ({"loss": "hinge"}, ["r1"]),
        ({"loss": "wasserstein"}, ["wgan_gp"]),
        ({"loss": "wasserstein", "weight_clip": 0.01}, []),
        ({"loss": "relativistic", "penalties": []}, []),
    ],
)
def test_penalties_that_suit_the_loss(objective, names):
    assert [penalty.name for penalty in resolved(objective=objective).objective.penalties] == names


def test_penalties_that_a_discriminator_brings_along_join_those_chosen_or_named():
    def names(penalties):
        config = Config.model_validate(
            {"data": {"source": "folder"}, "objective": {"penalties": penalties}}, strict=False
        )
        discriminator = Defaults(48, 7e-4, penalties=("wgan_gp",))
        config = resolve(config, LABELLED, Defaults(24, 3e-4), discriminator, "float32", GAMMAS)
        return [(entry.name, entry.gamma) for entry in config.objective.penalties]

    assert names([]) == [("wgan_gp", 10.0)]
    assert names([{"name": "wgan_gp", "gamma": 0.0}]) == [("wgan_gp", 0.0)]
    assert [name for name, _ in names(None)] == ["r1", "r2", "wgan_gp"]


def test_gamma_grows_with_the_number_of_pixels_where_the_loss_compares_images():
    def gammas(height, width, loss="relativistic"):
        penalties = [{"name": "r1"}, {"name": "wgan_gp"}, {"name": "r2", "gamma": 3.0}]
        summary = DataSummary(1000, height, width, 3, 0)
        objective = {"loss": loss, "penalties": penalties}
        found = resolved(summary, objective=objective).objective.penalties
        assert all(isinstance(penalty, PenaltyConfig) for penalty in found)
        return [penalty.gamma for penalty in found]

    # The design's own recipe at 28x28; WGAN-GP's lambda is 10 at every size.
    assert gammas(28, 28) == pytest.approx([0.3, 10.0, 3.0])
    assert gammas(56, 28) == pytest.approx([0.6, 10.0, 3.0])
    # That of Mescheder et al. 2018, whatever the size.
    for loss in ("non_saturating", "hinge"):
        assert gammas(28, 28, loss) == gammas(256, 256, loss) == [10.0, 10.0, 3.0]


@pytest.mark.parametrize(
    ("num_images", "objective", "name"),
    [
        (1000, {}, "ada"),
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


def test_features_follow_the_labels():
    assert resolved(LABELLED).evaluation.features == "classifier"
    assert resolved(UNLABELLED).evaluation.features == "random"


@pytest.mark.parametrize(
    ("summary", "sections", "problem"),
    [
        (UNLABELLED, {"model": {"conditional": True}}, "model.conditional: needs"),
        (
            UNLABELLED,
            {"evaluation": {"features": "classifier"}},
            "evaluation.features: 'classifier'",
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


class TestPoints:
    """Points of the plane come as images of one pixel with two channels."""

    summary = DataSummary(num_images=90_000, height=1, width=1, channels=2, num_classes=8)
    data: ClassVar = {"source": "points"}

    def test_they_have_defaults_of_their_own(self):
        config = resolved(self.summary, data=self.data)
        assert (config.data.image_size, config.data.channels) == ((1, 1), 2)
        assert config.evaluation.features is None
        assert config.evaluation.num_samples == 2500
        assert config.training.kimg == 1000.0
        few = dataclasses.replace(self.summary, num_images=100)
        assert resolved(few, data=self.data).objective.augmentation is None
        assert [penalty.gamma for penalty in config.objective.penalties] == [0.01, 0.01]

    def test_no_network_can_be_asked_to_compare_them(self):
        with pytest.raises(UserError, match="points are compared as they are"):
            resolved(self.summary, data=self.data, evaluation={"features": "random"})


def test_options_are_those_of_both_architectures_with_the_values_given():
    def options(**given):
        config = Config.model_validate(
            {"data": {"source": "folder"}, "model": {"options": given}}, strict=False
        )
        generator = Defaults(24, 3e-4, options={"layers": 8, "share": 0.5})
        discriminator = Defaults(24, 3e-4, options={"pool": True, "mode": "soft"})
        return resolve(config, LABELLED, generator, discriminator, "float32", GAMMAS).model.options

    assert options() == {"layers": 8, "share": 0.5, "pool": True, "mode": "soft"}
    changed = options(layers=2, share=1, pool=False)
    assert changed == {"layers": 2, "share": 1.0, "pool": False, "mode": "soft"}
    assert type(changed["share"]) is float
    with pytest.raises(UserError) as caught:
        options(layer=2, pool="yes", layers=1.5)
    assert str(caught.value).splitlines() == [
        "model.options: unknown option 'layer'; did you mean 'layers'?"
        " (known: pool, mode, layers, share)",
        "model.options.pool: must be true or false, got 'yes'",
        "model.options.layers: must be a whole number, got 1.5",
    ]
