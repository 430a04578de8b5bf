"""Scores in plain language: what they say about the generator, and how far to trust them."""

from gan_cli.metrics.evaluation import HALF, Evaluation, Score

# A class whose share is below this part of its share of the data is called rare.
_RARE_SHARE = 1 / 3
# C_T below this means copies: without copying it is a standard normal number.
_COPYING_Z = -3.0
# Recall or precision below this part of the floor means a lack of variety or quality.
_LACKING_SHARE = 0.7
# From this r_v on, D has overfitted. Without overfitting r_v is 0; it is 1 where D treats held-out
# images like generated ones.
_OVERFITTED = 0.5
# A pattern of period two is visible from this multiple of the floor on.
_CHECKERED = 2.0
_FEWEST_FOR_FRECHET = 2048


def interpret(evaluation: Evaluation, network_name: str) -> tuple[str, ...]:
    """Returns sentences, the most telling first.

    Args:
      network_name: the feature network. Only figures of `inception` compare with published ones.
    """
    scores = evaluation.scores
    return (
        *meaningless(scores, network_name),
        *_classes(evaluation),
        *_copies(evaluation),
        *_variety(scores),
        *_checkerboard(scores),
        *_overfitting(scores),
        *_trust(evaluation, network_name),
    )


def meaningless(scores: dict[str, Score], network_name: str) -> list[str]:
    """Returns a sentence on the figures that do not tell real images from the worst ones."""
    shown = [
        f"{name} (floor {score.floor:.4g}, ceiling {score.ceiling:.4g})"
        for name, score in scores.items()
        if score.separates is False
    ]
    if not shown:
        return []
    verb = "means" if len(shown) == 1 else "mean"
    return [
        f"{_listed(shown)} {verb} nothing with these features ('{network_name}'): floor and ceiling"
        " hardly differ."
    ]


def _classes(evaluation: Evaluation) -> list[str]:
    classes = evaluation.details.get("class_modes")
    if not classes:
        return []
    missing = [name for name, each in classes.items() if not each["covered"]]
    rare = [
        f"'{name}' ({100 * each['share']:.1f} % of the images, {100 * each['data_share']:.1f} %"
        " of the data)"
        for name, each in classes.items()
        if each["covered"] and each["share"] < _RARE_SHARE * each["data_share"]
    ]
    covered = f"Covers {len(classes) - len(missing)} of {len(classes)} classes"
    names = _listed([repr(name) for name in missing])
    sentences = [f"{covered}; missing: {names}." if missing else f"{covered}."]
    if rare:
        sentences.append(f"Rare: {_listed(rare)}.")
    return sentences


def _copies(evaluation: Evaluation) -> list[str]:
    copying = evaluation.scores.get("c_t")
    neighbours = evaluation.details.get("neighbours")
    sentences = []
    if copying is not None and copying.value < _COPYING_Z:
        sentences.append(
            "Copies: generated images lie nearer to the training images than held-out images do"
            f" (C_T {copying.value:.1f}; chance hardly ever gives less than {_COPYING_Z:g})."
        )
    if neighbours:
        limit = neighbours["suspicious_distance"]
        near = [each for each in neighbours["closest"] if each["distances"][0] < limit / 2]
        if near:
            images = "image is" if len(near) == 1 else "images are"
            sentences.append(
                f"At least {len(near)} generated {images} suspiciously near to a training image:"
                " look at the strips of nearest neighbours."
            )
    if copying is not None and not sentences:
        sentences.append("No sign of copied training images.")
    return sentences


def _variety(scores: dict[str, Score]) -> list[str]:
    sentences = []
    for name, lacking in (
        ("recall", "Variety is lacking: many real images have no generated image near them"),
        ("precision", "Quality is lacking: many generated images are unlike any real image"),
    ):
        score = scores.get(name)
        if score is None or score.separates is False:
            continue
        if score.floor and score.value < _LACKING_SHARE * score.floor:
            sentences.append(
                f"{lacking} ({name} {score.value:.2f}, of training images {score.floor:.2f})."
            )
    return sentences


def _checkerboard(scores: dict[str, Score]) -> list[str]:
    score = scores.get("checkerboard")
    if score is None:
        return []
    # Training images differ from held-out ones by chance only; unknown ones count as equal.
    floor = 1.0 if score.floor is None else max(score.floor, 1.0)
    if score.value <= _CHECKERED * floor:
        return []
    return [
        f"A checkerboard or stripes of period two are {score.value:.1f} times as strong as in real"
        f" images (training images: {floor:.1f}): look at flat areas at full size."
    ]


def _overfitting(scores: dict[str, Score]) -> list[str]:
    score = scores.get("r_v")
    if score is None or score.value < _OVERFITTED:
        return []
    return [
        f"The discriminator has overfitted (r_v {score.value:.2f}): it tells training images from"
        " held-out ones; use an augmentation or more images."
    ]


def _trust(evaluation: Evaluation, network_name: str) -> list[str]:
    if network_name == "inception":
        sentences = [
            "The features are those of the published Inception graph: fid, kid and is compare with"
            " papers that use the same reference images and as many generated images."
        ]
    else:
        sentences = [
            "The figures are not comparable with papers: the features are those of"
            f" '{network_name}'."
        ]
    distances = [n for n in evaluation.scores if n == "fid" or n.startswith("fd_")]
    fewest = min(evaluation.num_generated, evaluation.num_reference)
    if distances and fewest < _FEWEST_FOR_FRECHET:
        sentences.append(
            f"{distances[0]} is too large with few images, here {fewest:,}: compare it with its"
            " floor, and with figures from as many images."
        )
    if evaluation.floor_of == HALF and evaluation.num_floor:
        sentences.append(
            f"The floor compares {evaluation.num_floor:,} of the real images with the other half:"
            " no training images are known. Distances of so few images are larger, so that a score"
            " may lie beyond its floor."
        )
    return sentences


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
