"""Warns of augmentations so frequent that generated images show them."""

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.objectives.augment import AUGMENTATIONS


def leak_warning(config: ResolvedConfig, probability: float) -> str | None:
    """Returns a sentence where an augmentation is so probable that it leaks, else None.

    Args:
      probability: of the augmentation by now.
    """
    chosen = config.objective.augmentation
    if chosen is None or chosen == "auto":
        return None
    most = AUGMENTATIONS.load(chosen.name).leaks_above
    if most is None or probability <= most:
        return None
    return (
        f"warning: the probability of {chosen.name} has passed {most:g}: what it does, images may"
        " come to show, such as turns, mirroring and tints. Add images; or leave out what yours"
        " must not show (objective.augmentation.policies: blit turns and mirrors, geometry turns by"
        " any angle, color tints); or fix a lower probability (objective.augmentation.probability,"
        " with signal: none)"
    )
