"""The form that all images are brought to, and what that does to them."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, CorruptImageError
from gan_cli.data.materialise import Preparation
from gan_cli.data.prepare import natural_channels, natural_size
from gan_cli.domains.domain import Domain
from gan_cli.errors import UserError

# How many images are looked at to find the size and the number of channels.
_PROBED = 200
# Used where the images have no common size of their own that is fit to train on.
_DEFAULT_SIDE = 64
# Images of one size that are this share of all decide the size; the rest are resized.
_COMMON_SHARE = 0.9
_OWN_SIDES = range(8, 257)
_CHANNELS = (1, 3, 4)
_FITS = {
    "crop": "what juts out is cut off (data.fit: crop)",
    "stretch": "their aspect ratio changes (data.fit: stretch)",
    "pad": "they get a border (data.fit: pad)",
}


@dataclass(frozen=True)
class Probe:
    """How many of the images that were looked at have which size and number of channels."""

    sizes: Counter[tuple[int, int]] = field(default_factory=Counter)
    channels: Counter[int] = field(default_factory=Counter)


def choose_form(
    config: DataConfig, collection: Collection, domain: Domain | None
) -> tuple[Preparation, tuple[str, ...]]:
    """Returns the shape of the domain, or for images the size and channels of config or data.

    Args:
      domain: None: the collection holds images.

    Returns:
      The form, and a sentence for each thing that it does to the images without being asked.

    Raises:
      UserError: the config asks for another shape than the domain has, or for one that images
        cannot have.
    """
    if domain is not None:
        _check_shape(config, domain)
        return Preparation(*domain.stored_shape, config.fit, config.background), ()
    if config.channels not in (None, *_CHANNELS):
        raise UserError(f"data.channels: must be 1, 3 or 4 for images, got {config.channels}")
    probe = Probe()
    if config.image_size is None or config.channels is None:
        probe = _look_at(collection)
    # Earlier runs keep their size: one image of another size made it 64 pixels.
    least_share = 1.0 if config.holdout_by == "order" else _COMMON_SHARE
    height, width = (
        config.image_size or _own_size(probe, least_share) or (_DEFAULT_SIDE, _DEFAULT_SIDE)
    )
    # Transparency is composed away unless it is asked for.
    channels = config.channels or min(max(probe.channels, default=1), 3)
    form = Preparation(height, width, channels, config.fit, config.background)
    return form, (*_notes_on_size(config, probe, form), *_notes_on_channels(config, probe, form))


def _check_shape(config: DataConfig, domain: Domain) -> None:
    height, width, channels = domain.model_shape
    for key, given, fixed in (
        ("image_size", config.image_size, (height, width)),
        ("channels", config.channels, channels),
    ):
        if given not in (None, fixed):
            raise UserError(f"data.{key}: is {fixed} for {domain.name}; leave it out")


def _look_at(collection: Collection) -> Probe:
    probe = Probe()
    # Spread over all of them: a folder's first images may all be of one class.
    for index in np.unique(np.linspace(0, collection.count - 1, _PROBED).astype(np.int64)):
        try:
            image = collection.read(int(index))
        except CorruptImageError:
            continue
        probe.sizes[natural_size(image)] += 1
        probe.channels[natural_channels(image)] += 1
    return probe


def _own_size(probe: Probe, least_share: float) -> tuple[int, int] | None:
    if not probe.sizes:
        return None
    ((size, count),) = probe.sizes.most_common(1)
    if count < least_share * probe.sizes.total():
        return None
    return size if all(side in _OWN_SIDES for side in size) else None


def _notes_on_size(config: DataConfig, probe: Probe, form: Preparation) -> list[str]:
    target = (form.height, form.width)
    others = sorted(
        (size for size in probe.sizes if size != target), key=lambda size: np.prod(size)
    )
    if not others:
        return []
    which = f"images of {_shown(others[0])} pixels"
    if len(others) > 1:
        which = (
            f"images of {len(others)} sizes, from {_shown(others[0])} to {_shown(others[-1])}"
            " pixels,"
        )
    note = f"{which} are resized to {_shown(target)}"
    if config.image_size is None:
        note = f"data.image_size is not set: {note}"
    ratio = form.width / form.height
    if any(round(height * ratio) != width for height, width in others):
        note += f"; where they have another aspect ratio, {_FITS[form.fit]}"
    return [note]


def _notes_on_channels(config: DataConfig, probe: Probe, form: Preparation) -> list[str]:
    looked_at = f"of {probe.channels.total():,} images looked at"
    gray, colour, clear = (probe.channels[channels] for channels in _CHANNELS)
    notes = []
    if clear and form.channels != 4:
        notes.append(
            f"{clear:,} {looked_at} have an alpha channel: they are composed on"
            f" {form.background} (data.background); data.channels: 4 keeps it"
        )
    if gray and form.channels == 3:
        notes.append(f"{gray:,} {looked_at} are gray and are converted to RGB")
    if colour and form.channels == 1:
        notes.append(f"{colour:,} {looked_at} are in colour and are converted to gray")
    return notes


def _shown(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
