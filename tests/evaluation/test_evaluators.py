"""The evaluators by name: each satisfies the protocol, and a user's own does where it is named."""

import dataclasses
import inspect

import numpy as np
import pytest

from gan_cli.assembly.resolving import resolve_for
from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.data.dataset import open_splits
from gan_cli.domains.images import Images
from gan_cli.errors import UserError
from gan_cli.evaluation import EVALUATORS
from gan_cli.evaluation.evaluator import build_evaluator
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.features import classifier
from gan_cli.metrics.features.network import build_network
from gan_cli.metrics.run_evaluator import RunEvaluator
from tests.experiment.recording import Recording

SECTIONS = {
    "features": {
        "data": {"source": "builtin", "name": "digits"},
        "evaluation": {"features": "random"},
    },
    "phrases": {
        "data": {"source": "builtin", "name": "songs"},
        "model": {"architecture": "choir"},
    },
    "strings": {
        "data": {"source": "builtin", "name": "unicode"},
        "model": {"architecture": "sequence"},
    },
    "modes": {
        "data": {"source": "points", "num_points": 500},
        "model": {"architecture": "points_mlp"},
    },
}


def opened(name):
    config = Config.model_validate(SECTIONS[name], context=CHOICES)
    splits = open_splits(config.data)
    return resolve_for(config, splits), splits


@pytest.mark.parametrize("name", EVALUATORS.names)
def test_an_evaluator_satisfies_the_protocol(name):
    config, splits = opened(name)
    assert splits.domain.evaluator == name
    evaluator = build_evaluator(config, splits)
    for name, member in inspect.getmembers(RunEvaluator):
        if not name.startswith("_"):
            assert hasattr(evaluator, name), name
        if not name.startswith("_") and inspect.isfunction(member):
            own = getattr(type(evaluator), name)
            parameters = [list(inspect.signature(each).parameters) for each in (own, member)]
            assert parameters[0] == parameters[1], name
    evaluator.use_networks(GanAccess())
    batches = np.array_split(splits.train.images[:200], 3)
    tracked = evaluator.track(batches)
    assert tuple(tracked) == evaluator.tracked
    evaluation = evaluator.evaluate(batches, seed=3)
    assert evaluation == evaluator.evaluate(batches, seed=3)
    # Strings are tracked against others than those that score them.
    compared = {} if splits.domain.evaluator == "strings" else tracked
    for figure, value in compared.items():
        assert evaluation.scores[figure].value == pytest.approx(value, rel=1e-6)
    assert all(sentence.endswith(".") for sentence in evaluator.interpret(evaluation))
    classes = evaluator.classify(batches[0])
    assert classes is None or classes.shape == (len(batches[0]),)
    facts = evaluator.features
    assert facts.name
    assert len(facts.sha256) == 64


def build_own(inputs):
    """A user's evaluator, which shows what it was given."""
    return inputs


class OwnImages(Images):
    evaluator = "test_evaluators:build_own"


def test_a_domain_may_name_an_evaluator_of_its_own():
    config, splits = opened("features")
    splits = dataclasses.replace(splits, domain=OwnImages(splits.domain.model_shape))
    inputs = build_evaluator(config, splits, metrics=("frechet",))
    assert inputs.data is splits
    assert inputs.config == config.evaluation
    assert inputs.metrics == ("frechet",)


class LostImages(Images):
    evaluator = "lost"


def test_an_unknown_evaluator_is_named():
    config, splits = opened("features")
    splits = dataclasses.replace(splits, domain=LostImages(splits.domain.model_shape))
    with pytest.raises(UserError, match="unknown evaluator 'lost'"):
        build_evaluator(config, splits)


@pytest.mark.parametrize(("accuracy", "features"), [(0.1, "random"), (0.101, "classifier")])
def test_a_classifier_no_better_than_guessing_chooses_no_best_checkpoint(
    accuracy, features, monkeypatch
):
    """Ten classes of digits: guessing is right on a tenth."""
    config, splits = opened("features")
    own = {"features": "classifier", "metrics": ("frechet", "label_accuracy")}
    config = config.model_copy(update={"evaluation": config.evaluation.model_copy(update=own)})

    def build(train, holdout, progress=None):
        untrained = classifier.untrained(train.images.shape[1:], 10)
        network = build_network("classifier", untrained, train.images)
        return dataclasses.replace(network, accuracy=accuracy)

    monkeypatch.setattr(classifier, "build", build)
    heard = Recording()
    evaluator = build_evaluator(config, splits, listener=heard)
    assert evaluator.tracked == (f"fd_{features}",)
    notes = [
        f"note: the classifier is right on 10.0% of {len(splits.holdout.images)} held-out samples,"
        " and guessing would be on 10.0%: it does not choose the best checkpoint; scores use"
        " features 'random'; without label_accuracy"
    ]
    assert heard.messages == (notes if features == "random" else [])
    # Where it is asked for, it is used.
    asked = build_evaluator(config, splits, features="classifier", listener=heard)
    assert asked.tracked == ("fd_classifier",)
