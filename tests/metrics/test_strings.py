"""Scores of strings: against independent calculations, and against the known traps."""

import math
from collections import Counter

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from gan_cli.data.dataset import DataSplits, ImageDataset
from gan_cli.domains.tokens import strings_of
from gan_cli.metrics.comparison import GanAccess
from gan_cli.metrics.strings.evaluator import StringsEvaluator
from gan_cli.metrics.strings.ngrams import jensen_shannon_divergence, ngram_keys
from gan_cli.metrics.strings.witten_bell import WittenBell

DOMAIN = strings_of("abc", 6)
WORDS = ["abc", "ab", "a", "abcabc", "cab", "bca", "ccc", "abab"]


def tokens(words, domain=DOMAIN):
    return domain.encoded(words)[:, :, 0, 0]


def grams_of(words, order):
    framed = [f"^{word}$" for word in words]
    return Counter(word[i : i + order] for word in framed for i in range(len(word) - order + 1))


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_divergence_is_that_of_scipy_on_counted_grams(order):
    ours, theirs = WORDS[:4], WORDS[3:]
    p, q = grams_of(ours, order), grams_of(theirs, order)
    names = sorted({*p, *q})
    expected = jensenshannon([p[n] for n in names], [q[n] for n in names], base=2) ** 2
    keys = (ngram_keys(tokens(each), order, 4) for each in (ours, theirs))
    assert jensen_shannon_divergence(*keys) == pytest.approx(expected, abs=1e-12)


def test_padding_is_no_text():
    longer = strings_of("abc", 30)
    for order in (1, 2, 3):
        short = sorted(np.unique(ngram_keys(tokens(WORDS), order, 4), return_counts=True)[1])
        long = np.unique(ngram_keys(tokens(WORDS, longer), order, 4), return_counts=True)[1]
        assert short == sorted(long)


def plain_probability(words, order, history, character, vocabulary=4):
    """Witten-Bell by its recursion, on plain strings of at most 5 characters."""
    p = 1 / vocabulary
    for length in range(order):
        context = f"^{history}"[-length:] if length else ""
        if length > len(history) + 1:
            break
        follows = Counter()
        for word in words:
            framed = f"^{word}$"
            for i in range(1, len(framed)):
                if framed[max(i - length, 0) : i] == context and i >= length:
                    follows[framed[i]] += 1
        if follows:
            kinds = len(follows)
            p = (follows[character] + kinds * p) / (follows.total() + kinds)
    return p


@pytest.mark.parametrize("order", [2, 3, 5])
def test_bits_are_those_of_the_recursion(order):
    train, other = ["abc", "ab", "cab", "bca", "aab"], ["abca", "b", "cc"]
    model = WittenBell(tokens(train), 4, order)
    expected = [
        -math.log2(plain_probability(train, order, word[:i], character))
        for word in other
        for i, character in enumerate(f"{word}$")
    ]
    assert model.bits(tokens(other)) == pytest.approx(np.mean(expected), rel=1e-9)


def test_drawn_strings_follow_the_model():
    train = ["abc", "ab", "cab", "bca", "aab"]
    drawn = WittenBell(tokens(train), 4, 3).draw(20_000, np.random.default_rng(0))
    first = np.bincount(drawn[:, 0], minlength=4) / len(drawn)
    expected = [plain_probability(train, 3, "", each) for each in "$abc"]
    np.testing.assert_allclose(first, expected, atol=0.01)
    starts = drawn[drawn[:, 0] == 1]
    second = np.bincount(starts[:, 1], minlength=4) / len(starts)
    expected = [plain_probability(train, 3, "a", each) for each in "$abc"]
    np.testing.assert_allclose(second, expected, atol=0.015)


def splits():
    rng = np.random.default_rng(1)
    alphabet = "abcdefgh"
    domain = strings_of(alphabet, 8)
    words = sorted({"".join(rng.choice(list(alphabet), rng.integers(2, 8))) for _ in range(3000)})
    rng.shuffle(words)
    held, train = words[:400], words[400:]
    parts = [ImageDataset(domain.encoded(each), None, (), "x") for each in (train, held)]
    return DataSplits(*parts, domain), train, held


def test_scores_of_copies_and_of_repeats():
    data, train, _ = splits()
    evaluator = StringsEvaluator(data)
    copies = evaluator.evaluate([data.train.images[:300]]).scores
    assert copies["in_training_share"].value == 1.0
    assert copies["unique_share"].value == 1.0
    # Nothing is made of what was held out: there is no ratio.
    assert "copy_ratio" not in copies
    compared = evaluator.reference[:50, :, None, None]
    mixed = np.concatenate([data.domain.encoded(train[:200]), compared])
    scores = evaluator.evaluate([mixed]).scores
    assert scores["in_holdout_share"].value == pytest.approx(50 / 250)
    half = len(evaluator.reference)
    assert scores["copy_ratio"].value == pytest.approx(200 / len(train) * half / 50)
    repeated = np.repeat(data.holdout.images[:3], 100, axis=0)
    assert evaluator.track([repeated])["unique_share"] == pytest.approx(0.01)
    broken = data.holdout.images.copy()
    broken[0, :, 0, 0] = [1, 0, 2, 0, 0, 0, 0, 0]
    assert evaluator.track([broken])["malformed_share"] == pytest.approx(1 / 400)


def test_the_floor_is_that_of_any_training_strings():
    data, _, _ = splits()
    order = np.argsort(data.train.images[:, 0, 0, 0], kind="stable")
    train = ImageDataset(data.train.images[order], None, (), "x")
    data = DataSplits(train, data.holdout, data.domain)
    scores = StringsEvaluator(data).evaluate([data.train.images[:1500]]).scores
    drawn = data.train.images[np.random.default_rng(5).permutation(len(order))[:200]]
    keys = (ngram_keys(each[:, :, 0, 0], 1, 9) for each in (drawn, data.holdout.images[:200]))
    # Sorted strings, cut off, would lack the last letters.
    assert scores["jsd_1"].floor < 3 * jensen_shannon_divergence(*keys) + 1e-3


def test_the_best_checkpoint_is_chosen_by_other_strings_than_those_that_score_it():
    data, _, held = splits()
    evaluator = StringsEvaluator(data)
    chosen, scoring = (
        set(data.domain.decoded(each[:, :, None, None]))
        for each in (evaluator.validation, evaluator.reference)
    )
    assert not chosen & scoring
    assert chosen | scoring == set(held)
    same = evaluator.validation[:, :, None, None]
    assert evaluator.track([same])["jsd_3"] == 0
    assert evaluator.evaluate([same]).scores["jsd_3"].value > 0.01


def test_every_score_stands_beside_that_of_the_ngram_model():
    data, _, _ = splits()
    evaluation = StringsEvaluator(data).evaluate([data.train.images[:300]])
    assert evaluation.baseline == "n-gram model"
    assert evaluation.scores["jsd_2"].baseline > 0
    (curve,) = evaluation.details["quality_and_diversity"].values()
    bits = [point["judge_bits"] for point in curve]
    assert [point["temperature"] for point in curve] == [0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert bits[0] < bits[-1]


def test_the_curve_of_a_generator_goes_over_truncations():
    """This generator makes the same string of small latents, and random letters of large ones."""
    data, _, _ = splits()

    def synthesize(latents, labels):
        tokens = np.clip(np.abs(latents) * 4, 0, 7).astype(int) + 1
        return np.eye(9, dtype=np.float32)[tokens][:, :, :, None]

    gan = GanAccess(
        draw_latents=lambda count, rng: rng.standard_normal((count, 8)).astype(np.float32),
        synthesize=synthesize,
    )
    evaluation = StringsEvaluator(data, gan).evaluate([data.train.images[:300]])
    points = evaluation.details["quality_and_diversity"]["generated"]
    assert [point["truncation"] for point in points] == [0.5, 0.7, 1.0, 1.5, None]
    # Two letters only: a model of them knows little of held-out strings.
    assert points[0]["reverse_bits"] > points[-1]["reverse_bits"] + 1


def of_two_languages():
    rng = np.random.default_rng(2)
    domain = strings_of("abcdefgh", 8)
    letters = {0: "abcde", 1: "defgh"}
    words, labels = [], []
    for label, own in letters.items():
        found = sorted({"".join(rng.choice(list(own), 6)) for _ in range(800)})
        words += found
        labels += [label] * len(found)
    order = rng.permutation(len(words))
    tokens, labels = domain.encoded(words)[order], np.array(labels, np.int32)[order]
    parts = [
        ImageDataset(tokens[part], labels[part], ("x", "y"), "x")
        for part in (slice(300, None), slice(0, 300))
    ]
    return DataSplits(*parts, domain)


def test_classes_are_recognised_by_new_strings_only():
    data = of_two_languages()
    evaluator = StringsEvaluator(data)
    held, train = data.holdout, data.train
    assert np.mean(evaluator.classify(held.images) == held.labels) > 0.95
    labels = held.labels.copy()
    labels[:30] = 1 - labels[:30]
    # Copies of training strings, all of the right class, add nothing.
    strings = np.concatenate([held.images, train.images[:500]])
    given = np.concatenate([labels, train.labels[:500]])
    scores = evaluator.evaluate([strings], labels=given).scores
    assert scores["class_accuracy"].value == pytest.approx(0.9, abs=0.03)
    assert scores["class_accuracy"].floor > 0.95
    assert scores["class_accuracy"].ceiling == pytest.approx(0.5, abs=0.1)
    assert "class_accuracy" not in evaluator.evaluate([strings]).scores
