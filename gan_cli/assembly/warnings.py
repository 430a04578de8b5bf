"""What a resolved config allows and is still likely to be a mistake."""

import keras

from gan_cli.config.resolved import ResolvedConfig
from gan_cli.models.contract import layers_within
from gan_cli.models.layers.second_moment import MinibatchStandardDeviation


def warnings_of(config: ResolvedConfig, discriminator: keras.Model, replicas: int = 1) -> list[str]:
    """Returns a sentence for each thing about a run that its user would want to know beforehand.

    Args:
      discriminator: as built for the config.
      replicas: number of devices that share a batch.
    """
    return [*_without_groups(config, discriminator, replicas), *_told_by_rarity(config)]


def _without_groups(config: ResolvedConfig, discriminator: keras.Model, replicas: int) -> list[str]:
    """Warns of minibatch standard deviations over groups of one image, which are constant."""
    pack, slices = config.model.pack, config.training.gradient_accumulation
    judged = config.training.batch_size // (replicas * slices * pack)
    sizes = [
        layer.group_size
        for layer in layers_within(discriminator)
        if isinstance(layer, MinibatchStandardDeviation)
        and layer.group_of(judged) == 1 < layer.group_size
    ]
    if not sizes:
        return []
    share = f" / {replicas} devices" if replicas > 1 else ""
    share += f" / {slices} slices" if slices > 1 else ""
    share += f" / packs of {pack}" if pack > 1 else ""
    of_batch = f" (training.batch_size {config.training.batch_size}{share})" if share else ""
    return [
        f"training.batch_size: {judged} images{of_batch} cannot be split into groups of"
        f" {max(sizes)}, so the discriminator's minibatch standard deviation has no effect; use a"
        f" multiple of {max(sizes) * replicas * slices * pack}"
    ]


def _told_by_rarity(config: ResolvedConfig) -> list[str]:
    """Warns of generated classes that are more frequent than real ones."""
    model = config.model
    is_even = config.data.class_sampling == "uniform"
    if not model.conditional or model.label_sampling != "uniform" or is_even:
        return []
    return [
        "model.label_sampling: uniform, while real images come as often as in the data: where"
        " classes differ in size, D can tell generated images by their rare classes; set"
        " data.class_sampling to uniform too"
    ]
