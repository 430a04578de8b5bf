"""Features of pretrained networks: Keras applications, .keras files and SavedModels."""

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import keras
import tensorflow as tf

from gan_cli.data.dataset import ImageDataset
from gan_cli.errors import UserError, first_line
from gan_cli.io.memory import machine_memory
from gan_cli.io.records import read_content
from gan_cli.metrics.features.network import FeatureNetwork, as_rgb, batch_size_for
from gan_cli.metrics.features.trial import try_out
from gan_cli.metrics.features.untrusted import (
    bounded_memory,
    check_keras_file,
    check_saved_model,
)

Progress = Callable[[int, int], None] | None
Result = TypeVar("Result")


def build_application(
    train: ImageDataset, holdout: ImageDataset, progress: Progress = None, *, argument: str
) -> FeatureNetwork:
    """Builds `keras:NAME`, or `keras:NAME:WEIGHTS_FILE`, such as `keras:VGG16`.

    The features are the channel means of the last layer before the classifier. Images are resized
    bilinearly to the application's own size, and scaled as for its training. Unless a file is
    given, Keras downloads the ImageNet weights and checks their hash.

    Raises:
      UserError: Keras has no such application, or its weights can be neither read nor downloaded.
    """
    del holdout, progress
    name, _, weights = argument.partition(":")
    application = getattr(keras.applications, name, None)
    module = _module_of(application)
    if application is None or module is None:
        raise UserError(
            f"evaluation.features: Keras has no application '{name}'; use its name as in"
            " keras.applications, such as ResNet50, VGG16, InceptionV3 or EfficientNetB0"
        )
    policy = keras.config.dtype_policy()
    # The features must not depend on the run's precision, and applications take no other argument.
    keras.config.set_dtype_policy("float32")
    try:
        with_top = application(weights=None)
        size = with_top.input_shape[1:3]
        network = application(
            weights=weights or "imagenet", include_top=False, pooling="avg", input_shape=(*size, 3)
        )
    except Exception as error:
        raise UserError(
            f"evaluation.features: the weights of '{name}' cannot be loaded:"
            f" {first_line(error)}; without a network, give a file:"
            f" keras:{name}:WEIGHTS_FILE"
        ) from error
    finally:
        keras.config.set_dtype_policy(policy)
    images = keras.Input(train.images.shape[1:], dtype="float32")
    x = keras.layers.Resizing(*size, dtype="float32")(as_rgb(images))
    x = keras.layers.Lambda(module.preprocess_input, output_shape=(*size, 3))(x)
    model = keras.Model(images, network(x, training=False))
    return FeatureNetwork(name.lower(), model, batch_size=batch_size_for(max(size)))


def build_keras_file(
    train: ImageDataset, holdout: ImageDataset, progress: Progress = None, *, argument: str
) -> FeatureNetwork:
    """Loads `keras_file:PATH`, and refuses a file with code before building anything from it.

    The model must take float32 images in [0, 255] of the data's own shape, and return features of
    shape [batch, dimension].

    Raises:
      UserError: the file or its model cannot be used.
    """
    del holdout, progress
    path = Path(argument).expanduser()
    digest = hashlib.sha256(read_content(path, machine_memory() // 2)).hexdigest()
    _screened(lambda: check_keras_file(path), path)
    shape = train.images.shape[1:]
    try_out(load_keras_file, path, digest, (_batch_size(train), *shape))
    model = load_keras_file(path, shape)
    return FeatureNetwork("keras_file", model, file_sha256=digest, batch_size=_batch_size(train))


def build_saved_model(
    train: ImageDataset, holdout: ImageDataset, progress: Progress = None, *, argument: str
) -> FeatureNetwork:
    """Loads `saved_model:FOLDER`; its `serving_default` has the shapes of `build_keras_file`.

    A graph with operations that may do more than compute is refused.

    Raises:
      UserError: the folder or its model cannot be used.
    """
    del holdout, progress
    folder = Path(argument).expanduser()
    _screened(lambda: check_saved_model(folder), folder)
    digest = hashlib.sha256()
    # Variables are in files beside the graph. Sorted, since the order on disk must not matter.
    for file in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(os.fsencode(file.relative_to(folder).as_posix()))
        digest.update(read_content(file, machine_memory() // 2))
    sha256, shape = digest.hexdigest(), train.images.shape[1:]
    try_out(load_saved_model, folder, sha256, (_batch_size(train), *shape))
    model = load_saved_model(folder, shape)
    return FeatureNetwork("saved_model", model, file_sha256=sha256, batch_size=_batch_size(train))


def load_keras_file(path: Path, image_shape: Sequence[int]) -> keras.Model:
    """Builds the model of a `.keras` file that `check_keras_file` has passed.

    Raises:
      UserError: it cannot be built, or takes or gives something else.
    """

    def load() -> keras.Model:
        with bounded_memory():
            return keras.saving.load_model(path, compile=False, safe_mode=True)

    model = _screened(load, path)
    _check(path, model.input_shape, model.output_shape, image_shape)
    return model


def load_saved_model(folder: Path, image_shape: Sequence[int]) -> keras.Model:
    """Loads a SavedModel that `check_saved_model` has passed.

    Raises:
      UserError: it cannot be loaded, or takes or gives something else.
    """
    images = keras.Input(tuple(image_shape), dtype="float32")

    def load() -> Any:
        layer = keras.layers.TFSMLayer(folder, call_endpoint="serving_default", dtype="float32")
        return layer(images)

    outputs = _screened(load, folder)
    if isinstance(outputs, dict):
        outputs = next(iter(outputs.values()))
    _check(folder, (None, *image_shape), tuple(outputs.shape), image_shape)
    return keras.Model(images, outputs)


def _screened(work: Callable[[], Result], path: Path) -> Result:
    """Does what a foreign file may make fail in any way."""
    try:
        return work()
    except UserError:
        raise
    except Exception as error:
        raise UserError(f"{path}: cannot be loaded: {first_line(error)}") from error


def _batch_size(train: ImageDataset) -> int:
    return batch_size_for(max(train.images.shape[1:3]))


def _module_of(application: object) -> ModuleType | None:
    """Returns the module with an application's `preprocess_input`."""
    if not callable(application):
        return None
    path = application.__module__.removeprefix("keras.src.applications.")
    return getattr(keras.applications, path, None)


def _check(path: Path, takes: object, gives: object, image_shape: Sequence[int]) -> None:
    expected = (None, *image_shape)
    if not isinstance(takes, tuple) or len(takes) != 4 or not _fits(takes, expected):
        raise UserError(f"{path}: takes {takes}, must take images of shape {expected}")
    if not isinstance(gives, tuple) or len(gives) != 2 or gives[1] is None:
        raise UserError(f"{path}: gives {gives}, must give features of shape (None, dimension)")


def _fits(takes: tuple, expected: tuple) -> bool:
    return all(
        tf.TensorShape([a]).is_compatible_with([b]) for a, b in zip(takes, expected, strict=True)
    )
