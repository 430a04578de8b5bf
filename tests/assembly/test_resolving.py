"""What the losses, penalties, architectures and domains of gan-cli choose for an open config."""

from types import SimpleNamespace

import numpy as np
import pytest

from gan_cli.assembly.resolving import resolve_for
from gan_cli.config.schema import Config
from gan_cli.domains.images import Images
from gan_cli.domains.mixture import mixture_named
from gan_cli.domains.points import points_of
from gan_cli.errors import UserError
from gan_cli.objectives import LOSSES
from gan_cli.registry import look_in


def splits(count, shape, num_classes, domain=None):
    """As `DataSplits`, of images that take no memory."""
    images = np.broadcast_to(np.uint8(0), (count, *shape))
    train = SimpleNamespace(images=images, class_names=tuple(map(str, range(num_classes))))
    return SimpleNamespace(train=train, domain=domain or Images(shape), value_range=None)


def resolved(count=5000, shape=(28, 28, 1), num_classes=0, domain=None, **sections):
    sections = {"data": {"source": "folder"}, "training": {"precision": "float32"}} | sections
    config = Config.model_validate(sections, strict=False)
    return resolve_for(config, splits(count, shape, num_classes, domain))


def penalties(entries):
    return [(entry.name, entry.gamma, entry.every) for entry in entries]


# The design's own recipe at 28 x 28 pixels has 0.3; Mescheder et al. 2018 have 10 at every size.
R1_R2 = [("r1", pytest.approx(0.3), 16), ("r2", pytest.approx(0.3), 16)]
DEFAULTS = {
    "minimax": [("r1", 10.0, 16)],
    "non_saturating": [("r1", 10.0, 16)],
    "least_squares": [("r1", 10.0, 16)],
    "hinge": [("r1", 10.0, 16)],
    "wasserstein": [("wgan_gp", 10.0, 1)],
    "relativistic": R1_R2,
}


def test_every_loss_stands_here():
    assert set(DEFAULTS) == set(LOSSES.names)


@pytest.mark.parametrize("loss", LOSSES.names)
def test_the_default_penalties_of_each_loss(loss):
    assert penalties(resolved(objective={"loss": loss}).objective.penalties) == DEFAULTS[loss]
    clipped = resolved(objective={"loss": loss, "weight_clip": 0.01})
    assert clipped.objective.penalties == ()


@pytest.mark.parametrize("loss", LOSSES.names)
def test_gamma_grows_with_the_number_of_pixels_under_the_relativistic_loss_alone(loss):
    objective = {"loss": loss, "penalties": [{"name": "r1"}, {"name": "r2", "gamma": 3.0}]}

    def gammas(*shape):
        found = resolved(shape=shape, objective=objective).objective.penalties
        return [entry.gamma for entry in found]

    factor = 2.0 if loss == "relativistic" else 1.0
    assert gammas(56, 28, 3) == [pytest.approx(factor * gammas(28, 28, 3)[0]), 3.0]


def test_an_auxiliary_classifier_is_trained_in_both_networks():
    model = {"conditional": True, "discriminator_conditioning": "auxiliary"}
    objective = resolved(num_classes=3, model=model).objective
    assert penalties(objective.penalties) == [*R1_R2, ("auxiliary_classifier", 1.0, 1)]
    assert penalties(objective.generator_penalties) == [("auxiliary_classifier", 1.0, 1)]


def test_fastgan_decodes_its_features():
    config = resolved(shape=(64, 64, 3), model={"architecture": "fastgan"})
    assert penalties(config.objective.penalties)[-1] == ("reconstruction", 1.0, 1)


def test_up_to_a_thousand_images_are_augmented_by_ada():
    assert resolved(1000).objective.augmentation.name == "ada"
    assert resolved(1001).objective.augmentation is None


def test_features_follow_the_labels():
    assert resolved(num_classes=2).evaluation.features == "classifier"
    assert resolved(num_classes=1).evaluation.features == "random"
    with pytest.raises(UserError) as caught:
        resolved(num_classes=1, evaluation={"features": "classifier"})
    assert str(caught.value) == (
        "evaluation.features: 'classifier' needs labelled images; use 'random', or add labels"
    )


def test_points():
    domain = points_of(mixture_named("ring8"))
    config = resolved(
        900,
        (1, 1, 2),
        8,
        domain,
        data={"source": "points"},
        model={"architecture": "points_mlp"},
    )
    assert penalties(config.objective.penalties) == [("r1", 0.01, 16), ("r2", 0.01, 16)]
    assert config.objective.augmentation is None
    assert (config.training.kimg, config.training.batch_size) == (1000.0, 64)
    assert (config.evaluation.num_samples, config.evaluation.features) == (900, None)


def test_options_of_a_loss_and_of_penalties_are_filled_in():
    entries = [{"name": "lecam", "options": {"decay": 0.9}}, {"name": "consistency"}]
    objective = {"loss": "least_squares", "loss_options": {"fake_target": -1}, "penalties": entries}
    found = resolved(objective=objective).objective
    assert found.loss_options == {"fake_target": -1.0, "generator_target": 1.0}
    assert [entry.options for entry in found.penalties] == [{"decay": 0.9}, {"shift": 0.125}]
    with pytest.raises(
        UserError, match=r"loss_options: unknown option 'fake_target' \(known: none"
    ):
        resolved(objective=objective | {"loss": "hinge"})


OWN_PARTS = """
from dataclasses import replace
from gan_cli.models.mlp import ARCHITECTURE
from gan_cli.objectives.losses import HINGE
from gan_cli.objectives.penalties.penalty import Penalty
PENALTY = Penalty(lambda update: 0.0, default_gamma=0.5)
LOSS = replace(HINGE, default_penalties={"brings_penalties:PENALTY": 4})
NETWORKS = replace(ARCHITECTURE, penalties=("brings_penalties:PENALTY",))
WRONG = replace(HINGE, default_penalties={"r3": 4})
"""


def test_a_part_of_the_users_own_may_bring_a_penalty_of_the_users_own(tmp_path):
    (tmp_path / "brings_penalties.py").write_text(OWN_PARTS)
    look_in(tmp_path)
    config = resolved(objective={"loss": "brings_penalties:LOSS"})
    assert penalties(config.objective.penalties) == [("brings_penalties:PENALTY", 0.5, 4)]
    config = resolved(
        objective={"penalties": []}, model={"architecture": "brings_penalties:NETWORKS"}
    )
    assert penalties(config.objective.penalties) == [("brings_penalties:PENALTY", 0.5, 1)]
    with pytest.raises(UserError, match=r"unknown penalty 'r3' \(known: "):
        resolved(objective={"loss": "brings_penalties:WRONG"})
