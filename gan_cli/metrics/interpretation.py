"""Scores in plain language: what they say of the generator, and how far to trust them."""

from gan_cli.metrics.evaluation import Evaluation, Score

# Of a class's own share of the data, below which it is called rare.
_RARE_SHARE = 1 / 3
# C_T is a standard normal number where nothing is copied.
_COPYING_Z = -3.0
# Of the floor, below which variety or quality is called lacking.
_LACKING_SHARE = 0.7
# r_v is 0 without overfitting, and 1 where D treats held-out images like generated ones.
_OVERFITTED = 0.5
_FEWEST_FOR_FRECHET = 2048


def interpret(evaluation: Evaluation, network_name: str) -> tuple[str, ...]:
    """Returns sentences, the most telling first.

    Args:
      network_name: of the features; `inception` alone compares with published figures.
    """
    scores = evaluation.scores
    sentences = [
        *_classes(evaluation),
        *_copies(evaluation),
        *_variety(scores),
        *_overfitting(scores),
        *_trust(evaluation, network_name),
    ]
    return tuple(sentences)


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
    said = [f"{covered}; missing: {names}." if missing else f"{covered}."]
    if rare:
        said.append(f"Rare: {_listed(rare)}.")
    return said


def _copies(evaluation: Evaluation) -> list[str]:
    copying = evaluation.scores.get("c_t")
    neighbours = evaluation.details.get("neighbours")
    said = []
    if copying is not None and copying.value < _COPYING_Z:
        said.append(
            "Copies: generated images lie nearer to the training images than held-out ones do"
            f" (C_T {copying.value:.1f}; below {_COPYING_Z:g} is no chance)."
        )
    if neighbours:
        limit = neighbours["suspicious_distance"]
        near = [each for each in neighbours["closest"] if each["distances"][0] < limit / 2]
        if near:
            said.append(
                f"At least {len(near)} of the images are suspiciously near to a training image:"
                " look at the strips of nearest neighbours."
            )
    if copying is not None and not said:
        said.append("No sign of copied training images.")
    return said


def _variety(scores: dict[str, Score]) -> list[str]:
    said = []
    for name, lacking in (
        ("recall", "Variety is lacking: a good part of the real images has no generated one near."),
        ("precision", "Quality is lacking: many generated images are unlike any real one."),
    ):
        score = scores.get(name)
        if score is not None and score.floor and score.value < _LACKING_SHARE * score.floor:
            said.append(f"{lacking} ({name} {score.value:.2f}, training images {score.floor:.2f})")
    return said


def _overfitting(scores: dict[str, Score]) -> list[str]:
    score = scores.get("r_v")
    if score is None or score.value < _OVERFITTED:
        return []
    return [
        f"The discriminator has overfitted (r_v {score.value:.2f}): it tells training images from"
        " held-out ones; use an augmentation, or more images."
    ]


def _trust(evaluation: Evaluation, network_name: str) -> list[str]:
    if network_name == "inception":
        said = [
            "The features are of the published Inception graph: fid, kid and is compare with papers"
            " that take the same reference images, and as many generated ones."
        ]
    else:
        said = [
            f"The numbers are not comparable with papers: the features are of '{network_name}'."
        ]
    distances = [n for n in evaluation.scores if n == "fid" or n.startswith("fd_")]
    fewest = min(evaluation.num_generated, evaluation.num_reference)
    if distances and fewest < _FEWEST_FOR_FRECHET:
        said.append(
            f"{distances[0]} is too large with few images, here {fewest:,}: compare it with its"
            " floor, and with others of as many."
        )
    return said


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
