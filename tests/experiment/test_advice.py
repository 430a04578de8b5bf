"""What the guard advises: nothing that the config has already."""

import pytest

from gan_cli.assembly.resolving import resolve_for
from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.data.dataset import open_splits
from gan_cli.experiment.advice import advice_for
from gan_cli.training.guard import USUAL_ADVICE


@pytest.fixture(scope="module")
def advise():
    def advise(objective, can_augment=True):
        values = {"data": {"source": "builtin"}, "objective": objective}
        config = Config.model_validate(values, context=CHOICES)
        return advice_for(resolve_for(config, data), can_augment)

    data = open_splits(Config.model_validate({"data": {"source": "builtin"}}).data)
    return advise


def test_every_signal_has_its_advice(advise):
    assert advise({}).keys() == USUAL_ADVICE.keys()


def test_what_is_set_is_not_advised_again(advise):
    given = {"penalties": [{"name": "r1", "gamma": 2.0}], "augmentation": {"name": "ada"}}
    text = advise(given)["discriminator_won"]
    assert text.startswith("A larger gamma than r1's 2 (objective.penalties) or a lower learning")
    assert "augmentation" not in text
    assert "penalty such as" not in text


def test_what_is_not_set_is_advised(advise):
    text = advise({"penalties": [], "augmentation": None, "n_critic": 3})["discriminator_won"]
    assert text == (
        "A gradient penalty such as r1 (objective.penalties), augmentation"
        " (objective.augmentation) or fewer updates of D than 3 (objective.n_critic) may help"
    )


def test_samples_that_cannot_be_augmented_are_not_advised_to_be(advise):
    given = {"penalties": [], "augmentation": None}
    assert "ugmentation" in advise(given)["overfitting"]
    assert "ugmentation" not in advise(given, can_augment=False)["overfitting"]
