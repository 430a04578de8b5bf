"""Image data sets of TensorFlow Datasets, downloaded and prepared if necessary."""

import math
import socket
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, SourceSplits, array_collection
from gan_cli.data.decode import decode_image
from gan_cli.data.sources.source import Source
from gan_cli.errors import UserError, first_line
from gan_cli.io.memory import machine_memory

_READ_AT_ONCE = 256
_SHARE_OF_MEMORY = 0.1


def open_source(config: DataConfig, share_of_memory: float = _SHARE_OF_MEMORY) -> SourceSplits:
    """Opens split `data.split` of the TFDS builder `data.name`.

    `data.holdout_split`, by default `test` where there is one, is held out for evaluation. Splits
    may be written as TFDS writes them: `train[:90%]`, `train+validation`. The images are kept in
    memory, in their stored encoding unless they are small and of one size.

    Args:
      share_of_memory: images that take less than this share of the machine's memory are decoded all
        at once, if they are of one size.

    Raises:
      UserError: the builder or a split is unknown, has no images, or cannot be prepared.
    """
    keys = config.tfds
    if keys.name is None:
        raise UserError("data.name: is required for source 'tfds', such as fashion_mnist")
    builder = _prepared_builder(keys.name, keys.data_dir)
    holdout = keys.holdout_split
    # Training images are never evaluated on: for `train+test`, `holdout_fraction` decides.
    trained_on = {part.split("[")[0] for part in keys.split.split("+")}
    if holdout is None and "test" in builder.info.splits and not trained_on & {"test", "all"}:
        holdout = "test"
    if holdout == keys.split:
        raise UserError(f"data.holdout_split: must differ from data.split, '{holdout}'")
    train = _collection(builder, "split", keys.split, share_of_memory)
    if not holdout:
        return SourceSplits(train)
    return SourceSplits(train, _collection(builder, "holdout_split", holdout, share_of_memory))


def _prepared_builder(name: str, data_dir: str | None) -> Any:
    # Imported here: it loads TensorFlow, which no other source needs.
    import tensorflow_datasets as tfds

    try:
        builder = tfds.builder(name, data_dir=data_dir)
    except Exception as error:  # Unknown and malformed names raise errors of several types.
        raise UserError(f"data.name: TFDS has no data set '{name}': {first_line(error)}") from error
    if _key_of(builder.info.features, tfds.features.Image) is None:
        raise UserError(f"data.name: TFDS data set '{name}' holds no images")
    if builder.is_prepared():
        return builder
    # builder.data_dir is the root, then the name, perhaps a variant, and the version.
    root = Path(builder.data_dir).parents[builder.info.full_name.count("/")]
    downloads = root / "downloads"
    try:
        if not downloads.exists() and _is_offline(builder):
            raise ConnectionError("its files are missing, and none of its servers can be reached")
        builder.download_and_prepare(download_dir=downloads)
    except Exception as error:  # TFDS raises whatever its download and extraction raise.
        raise UserError(
            f"data.name: TFDS cannot prepare '{name}' in {root}: {first_line(error)}; go online"
            f" once, or set data.data_dir to where it is prepared, or put its files into"
            f" {downloads / 'manual'}"
        ) from error
    return builder


def _is_offline(builder: Any) -> bool:
    """Returns whether no server's name can be resolved. TFDS itself would try for minutes."""
    hosts = {urlsplit(url).hostname for url in builder.url_infos}
    if not hosts or getproxies():
        return False
    for host in hosts:
        try:
            socket.getaddrinfo(host, None)
        except OSError:
            continue
        return False
    return True


def _collection(builder: Any, key: str, split: str, share_of_memory: float) -> Collection:
    import tensorflow_datasets as tfds

    features = builder.info.features
    image_key = _key_of(features, tfds.features.Image)
    label_key = _key_of(features, tfds.features.ClassLabel)
    keys = [image_key] if label_key is None else [image_key, label_key]
    try:
        count = builder.info.splits[split].num_examples
        decoded = _fits_decoded(features[image_key], count, share_of_memory)
        dataset = builder.as_dataset(
            split=split,
            decoders=None if decoded else {image_key: tfds.decode.SkipDecoding()},
            shuffle_files=False,
        )
    except (ValueError, KeyError) as error:
        known = ", ".join(builder.info.splits)
        raise UserError(
            f"data.{key}: {builder.name} has no split '{split}' (known: {known})"
        ) from error
    images: list[Any] = []
    labels: list[np.ndarray] = []
    # In batches: crossing into Python for every single image takes ten times as long.
    batches = dataset.map(lambda example: [example[key] for key in keys]).batch(_READ_AT_ONCE)
    for image_batch, *label_batch in batches.as_numpy_iterator():
        images.extend(image_batch)
        labels.extend(label_batch)
    name = f"{builder.name} {split}"
    class_names = tuple(features[label_key].names) if label_key is not None else ()
    all_labels = np.concatenate(labels).astype(np.int32) if labels else None
    identity = f"{builder.info.full_name}:{split}"
    if decoded and images:
        return array_collection(np.stack(images), all_labels, class_names, name, identity)
    return Collection(
        count=len(images),
        read=lambda index: decode_image(BytesIO(images[index])),
        describe=lambda index: f"{name}[{index}]",
        labels=all_labels,
        class_names=class_names,
        identity=identity,
    )


def _fits_decoded(feature: Any, count: int, share_of_memory: float) -> bool:
    """Returns whether all images have one shape and are small enough to be kept decoded.

    TensorFlow decodes many small images at once several times faster than one by one.
    """
    shape = feature.shape
    return (
        len(shape) == 3
        and None not in shape
        and feature.np_dtype == np.uint8
        and count * math.prod(shape) < share_of_memory * machine_memory()
    )


def _key_of(features: Any, kind: type) -> str | None:
    return next((key for key, feature in features.items() if isinstance(feature, kind)), None)


SOURCE = Source(open_source)
