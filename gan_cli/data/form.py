"""The form that all images are brought to, and what that does to them."""

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, CorruptImageError, Forms
from gan_cli.data.materialise import Preparation
from gan_cli.data.prepare import natural_channels, natural_size
from gan_cli.domains.domain import Domain
from gan_cli.errors import UserError
from gan_cli.io.wording import some_of

# How many images are looked at to find the size and the number of channels.
_PROBED = 200
# Used where the images have no common size of their own that is fit to train on.
_DEFAULT_SIDE = 64
# Images of one size that are this share of all decide the size; the rest are resized.
_COMMON_SHARE = 0.9
_OWN_SIDES = range(8, 257)
# What is enlarged more than this looks blurred beside the others, and so will what is generated.
_MUCH_LARGER = 1.5
_CHANNELS = (1, 3, 4)
_FITS = {
    "crop": "what juts out is cut off (data.fit: crop)",
    "stretch": "their aspect ratio changes (data.fit: stretch)",
    "pad": "they get a border (data.fit: pad)",
}


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
        for key, is_set in (("flip", config.flip), ("quarter_turns", config.quarter_turns)):
            if is_set:
                raise UserError(f"data.{key}: is for images, not for {domain.name}; leave it out")
        return Preparation(*domain.stored_shape, config.fit, config.background), ()
    if config.channels not in (None, *_CHANNELS):
        raise UserError(f"data.channels: must be 1, 3 or 4 for images, got {config.channels}")
    # Earlier runs keep their size and channels: one image of another size made it 64 pixels, and
    # 200 images were looked at.
    is_earlier = config.holdout_by == "order"
    probe = Forms()
    if collection.forms is not None and not is_earlier:
        probe = collection.forms
    elif config.image_size is None or config.channels is None:
        probe = _look_at(collection)
    least_share = 1.0 if is_earlier else _COMMON_SHARE
    height, width = (
        config.image_size or _own_size(probe, least_share) or (_DEFAULT_SIDE, _DEFAULT_SIDE)
    )
    if config.quarter_turns and height != width:
        raise UserError(
            f"data.quarter_turns: needs square images, and these have {height}x{width} pixels; set"
            " data.image_size to one side, or use data.flip and data.mirror"
        )
    # Transparency is composed away unless it is asked for.
    channels = config.channels or min(max(probe.channels, default=1), 3)
    form = Preparation(height, width, channels, config.fit, config.background)
    return form, (
        *_notes_on_size(config, probe, form),
        *_notes_on_channels(probe, form, collection),
    )


def _check_shape(config: DataConfig, domain: Domain) -> None:
    height, width, channels = domain.model_shape
    for key, given, fixed in (
        ("image_size", config.image_size, (height, width)),
        ("channels", config.channels, channels),
    ):
        if given not in (None, fixed):
            raise UserError(f"data.{key}: is {fixed} for {domain.name}; leave it out")


def _look_at(collection: Collection) -> Forms:
    probe = Forms()
    # Spread over all of them: a folder's first images may all be of one class.
    for index in np.unique(np.linspace(0, collection.count - 1, _PROBED).astype(np.int64)):
        try:
            image = collection.read(int(index))
        except CorruptImageError:
            continue
        probe.sizes[natural_size(image)] += 1
        probe.channels[natural_channels(image)] += 1
        probe.first.setdefault(natural_channels(image), int(index))
    return probe


def _own_size(probe: Forms, least_share: float) -> tuple[int, int] | None:
    if not probe.sizes:
        return None
    ((size, count),) = probe.sizes.most_common(1)
    if count < least_share * probe.sizes.total():
        return None
    return size if all(side in _OWN_SIDES for side in size) else None


def _notes_on_size(config: DataConfig, probe: Forms, form: Preparation) -> list[str]:
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
    return [note, *_note_on_enlargement(probe, form)]


def _note_on_enlargement(probe: Forms, form: Preparation) -> list[str]:
    def factor(size: tuple[int, int]) -> float:
        ratios = form.height / size[0], form.width / size[1]
        return min(ratios) if form.fit == "pad" else max(ratios)

    enlarged = {size: n for size, n in probe.sizes.items() if factor(size) > _MUCH_LARGER}
    if not enlarged:
        return []
    if len(probe.sizes) == 1:
        return [f"all images are enlarged more than {_MUCH_LARGER:g} times, which blurs them"]
    smallest = max(enlarged, key=factor)
    looked_at = "images" if probe.is_complete else "images looked at"
    which = some_of(sum(enlarged.values()), probe.sizes.total(), looked_at, "is", "are")
    return [
        f"{which} enlarged more than {_MUCH_LARGER:g} times and blurred by it; the smallest has"
        f" {_shown(smallest)} pixels"
    ]


def _notes_on_channels(probe: Forms, form: Preparation, collection: Collection) -> list[str]:
    total = probe.channels.total()
    images = "images" if probe.is_complete else "images looked at"

    def note(channels: int, one: str, many: str, becomes: str) -> str:
        count = probe.channels[channels]
        text = f"{some_of(count, total, images, f'{one} and is', f'{many} and are')} {becomes}"
        # Which images differ from most others is worth a look.
        if channels in probe.first and 2 * count < total:
            return f"{text}, such as {collection.describe(probe.first[channels])}"
        return text

    gray, colour, clear = _CHANNELS
    notes = []
    if probe.channels[clear] and form.channels != clear:
        composed = f"composed on {form.background}"
        notes.append(
            f"{note(clear, 'has an alpha channel', 'have an alpha channel', composed)}"
            " (data.background; data.channels: 4 keeps the channel)"
        )
    if probe.channels[gray] and form.channels == colour:
        notes.append(note(gray, "is gray", "are gray", "converted to RGB"))
    if probe.channels[colour] and form.channels == gray:
        notes.append(note(colour, "is in colour", "are in colour", "converted to gray"))
    return notes


def _shown(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
