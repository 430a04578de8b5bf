"""What the scores mean, in sentences."""

import pytest

from gan_cli.metrics.evaluation import Evaluation, Score
from gan_cli.metrics.interpretation import interpret


def evaluation(scores=(), details=None, generated=5000, reference=5000):
    made = {n: Score(value, 0.0, floor, None, True) for n, value, floor in scores}
    return Evaluation(made, generated, reference, reference, details=details or {})


def class_modes(**shares):
    return {"class_modes": {
        name: {"share": share, "data_share": 0.25, "covered": share >= 0.025}
        for name, share in shares.items()
    }}  # fmt: skip


NEIGHBOURS = {"suspicious_distance": 1.0, "closest": [{"distances": [0.1]}, {"distances": [0.9]}]}

PUBLISHED = (
    "The features are those of the published Inception graph: fid, kid and is compare with papers"
    " that use the same reference images and as many generated images."
)


@pytest.mark.parametrize(
    ("given", "network", "sentences"),
    [
        (
            evaluation(details=class_modes(bag=0.0, shoe=0.05, coat=0.45, shirt=0.5)),
            "inception",
            ["Covers 3 of 4 classes; missing: 'bag'.",
             "Rare: 'shoe' (5.0 % of the images, 25.0 % of the data)."],
        ),
        (
            evaluation(details=class_modes(a=0.0, b=0.0, c=0.01, d=0.99)),
            "inception",
            ["Covers 1 of 4 classes; missing: 'a', 'b' and 'c'."],
        ),
        (
            evaluation([("c_t", -5.0, 0.0)], {"neighbours": NEIGHBOURS}),
            "inception",
            ["Copies: generated images lie nearer to the training images than held-out images do"
             " (C_T -5.0; chance hardly ever gives less than -3).",
             "At least 1 generated image is suspiciously near to a training image: look at the"
             " strips of nearest neighbours."],
        ),
        (evaluation([("c_t", -2.9, 0.0)]), "inception", ["No sign of copied training images."]),
        (
            evaluation([("recall", 0.3, 0.6), ("precision", 0.5, 0.6)]),
            "inception",
            ["Variety is lacking: many real images have no generated image near them"
             " (recall 0.30, of training images 0.60)."],
        ),
        (
            evaluation([("r_v", 0.8, 0.0)]),
            "inception",
            ["The discriminator has overfitted (r_v 0.80): it tells training images from held-out"
             " ones; use an augmentation or more images."],
        ),
        (
            evaluation([("fd_random", 3.0, 1.0)], generated=900),
            "random",
            ["The figures are not comparable with papers: the features are those of 'random'.",
             "fd_random is too large with few images, here 900: compare it with its floor, and"
             " with figures from as many images."],
        ),
        (evaluation([("fid", 3.0, 1.0)]), "inception", []),
    ],
)  # fmt: skip
def test_the_scores_are_put_into_words(given, network, sentences):
    trust = [PUBLISHED] if network == "inception" else []
    assert list(interpret(given, network)) == sentences + trust
