"""The Inception network of 2015-12-05, on which FID, KID and IS are defined."""

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf
from google.protobuf.message import DecodeError

from gan_cli.data.dataset import ImageDataset
from gan_cli.errors import UserError
from gan_cli.io.records import read_content
from gan_cli.metrics.features import published
from gan_cli.metrics.features.network import FeatureNetwork, as_rgb, batch_size_for
from gan_cli.metrics.features.trial import try_out
from gan_cli.metrics.features.untrusted import check_graph

SIDE = 299
# Sizes of the published graph's nodes. A graph with other sizes is another network.
DIMENSION, NUM_CLASSES = 2048, 1008
_INPUT, _POOL, _LOGITS = "Mul", "pool_3", "softmax/logits/MatMul"
_OLD_NORMALISATION = "BatchNormWithGlobalNormalization"


def build(
    train: ImageDataset,
    holdout: ImageDataset,
    progress: Callable[[int, int], None] | None = None,
    *,
    argument: str | None = None,
) -> FeatureNetwork:
    """Loads the published frozen graph, or the graph at the path `argument`.

    Only the published graph is named `inception`. The name of any other graph ends in the start of
    its hash, so that its figures cannot be mistaken for `fid`.

    Images are resized to 299x299 as in TensorFlow 1 (bilinear, corners and pixel centres not
    aligned, no antialiasing) and scaled to (x - 128) / 128. The features are pool_3. The class
    probabilities come from the product of pool_3 with the last weights, without the bias, as the
    Inception score uses them (Salimans et al. 2016). The features are not rescaled.

    Args:
      progress: called during a download with the megabytes received and in all.

    Raises:
      UserError: the file is no such graph, or can be neither read nor downloaded.
    """
    del holdout
    return _build("inception", train, argument, legacy_resize, progress)


def build_clean(
    train: ImageDataset,
    holdout: ImageDataset,
    progress: Callable[[int, int], None] | None = None,
    *,
    argument: str | None = None,
) -> FeatureNetwork:
    """Works like `build`, but resizes as clean-fid does (Parmar et al. 2022).

    Raises:
      UserError: as `build`.
    """
    del holdout
    return _build("inception_clean", train, argument, clean_resize, progress)


def _build(
    name: str,
    train: ImageDataset,
    argument: str | None,
    resize: Callable[[keras.KerasTensor], keras.KerasTensor],
    progress: Callable[[int, int], None] | None,
) -> FeatureNetwork:
    path = Path(published.NAME if argument is None else argument).expanduser()
    content = published.published_graph(progress) if argument is None else _read(path)
    digest = hashlib.sha256(content).hexdigest()
    layer = FrozenInception(_parsed(path, content))
    if digest != published.SHA256:
        try_out(load_frozen_graph, path, digest, (batch_size_for(SIDE), SIDE, SIDE, 3))
    images = keras.Input(train.images.shape[1:], dtype="float32")
    outputs = layer(resize(as_rgb(images)))
    sizes = tuple(int(output.shape[-1]) for output in outputs)
    if sizes != (DIMENSION, NUM_CLASSES):
        raise UserError(
            f"{path}: not the graph of 2015-12-05: {_POOL} and the logits have {sizes[0]} and"
            f" {sizes[1]} channels there, must have {DIMENSION} and {NUM_CLASSES}"
        )
    model = keras.Model(images, outputs)
    if digest != published.SHA256:
        name = f"{name}_{digest[:8]}"
    return FeatureNetwork(name, model, file_sha256=digest, batch_size=batch_size_for(SIDE))


def load_frozen_graph(path: Path, image_shape: Sequence[int]) -> keras.Model:
    """Loads the part of a frozen graph behind its resizing.

    Raises:
      UserError: it cannot be read, or may do more than compute.
    """
    images = keras.Input(tuple(image_shape), dtype="float32")
    return keras.Model(images, FrozenInception(_parsed(path, _read(path)))(images))


def legacy_resize(images: keras.KerasTensor) -> keras.KerasTensor:
    """Resizes float32 images in [0, 255] to [batch, 299, 299, 3], values in [-1, 1)."""
    return _LegacyResize(dtype="float32")(images)


def clean_resize(images: keras.KerasTensor) -> keras.KerasTensor:
    """Resizes as Pillow's bicubic filter does: antialiased, in floating point, then clipped.

    Shapes and ranges are those of `legacy_resize`.
    """
    return _CleanResize(dtype="float32")(images)


class _Resize(keras.layers.Layer):
    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], SIDE, SIDE, input_shape[-1])


class _LegacyResize(_Resize):
    def call(self, images: tf.Tensor) -> tf.Tensor:
        resized = tf.compat.v1.image.resize_bilinear(
            images, [SIDE, SIDE], align_corners=False, half_pixel_centers=False
        )
        return (resized - 128.0) / 128.0


class _CleanResize(_Resize):
    def call(self, images: tf.Tensor) -> tf.Tensor:
        resized = tf.image.resize(images, [SIDE, SIDE], method="bicubic", antialias=True)
        return (tf.clip_by_value(resized, 0.0, 255.0) - 128.0) / 128.0


class FrozenInception(keras.layers.Layer):
    """The part of the graph from scaled images, node Mul, to pool_3 and logits without bias."""

    def __init__(self, graph: tf.compat.v1.GraphDef):
        super().__init__(dtype="float32", trainable=False)
        weights = next(node.input[1] for node in graph.node if node.name == _LOGITS)
        # Only the weights of the logits: the path to them holds a reshape for a single image.
        needed = tf.compat.v1.graph_util.extract_sub_graph(_modernised(graph), [_POOL, weights])

        def imported(images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
            pool, kernel = tf.graph_util.import_graph_def(
                needed, {f"{_INPUT}:0": images}, [f"{_POOL}:0", f"{weights}:0"], name=""
            )
            features = tf.reshape(pool, [-1, pool.shape[-1]])
            return features, tf.matmul(features, kernel)

        signature = [tf.TensorSpec([None, SIDE, SIDE, 3], tf.float32)]
        # Not tf.function, which would prune nodes of TensorFlow 1 by name.
        self._function = tf.compat.v1.wrap_function(imported, signature)

    def call(self, images: tf.Tensor) -> list[tf.Tensor]:
        return list(self._function(images))

    def compute_output_shape(self, input_shape: Any) -> list[tuple[int, ...]]:
        return [
            (input_shape[0], int(output.shape[-1])) for output in self._function.structured_outputs
        ]


def _read(path: Path) -> bytes:
    return read_content(path)


def _parsed(path: Path, content: bytes) -> tf.compat.v1.GraphDef:
    try:
        graph = tf.compat.v1.GraphDef.FromString(content)
    except DecodeError as error:
        raise UserError(
            f"{path}: not a frozen graph, such as classify_image_graph_def.pb"
        ) from error
    missing = {_INPUT, _POOL, _LOGITS} - {node.name for node in graph.node}
    if missing:
        names = ", ".join(sorted(missing))
        raise UserError(f"{path}: not the graph of 2015-12-05: it has no node {names}")
    own = {function.signature.name for function in graph.library.function}
    inner = (node for function in graph.library.function for node in function.node_def)
    check_graph(path, (node.op for node in [*graph.node, *inner] if node.op not in own))
    return graph


def _modernised(graph: tf.compat.v1.GraphDef) -> tf.compat.v1.GraphDef:
    """Returns a graph that TensorFlow 2 accepts, and that starts at the scaled images.

    TensorFlow 2 refuses the old normalisation in functions. It is replaced by the operations of its
    kernel, (x - mean) * (rsqrt(variance + epsilon) * gamma) + beta, in the same order, so that even
    the rounding stays the same.
    """
    modern = tf.compat.v1.GraphDef()
    for node in graph.node:
        if node.name == _INPUT:
            # Drops the part that decodes, resizes and scales a single image.
            start = modern.node.add(name=_INPUT, op="Placeholder")
            start.attr["dtype"].type = tf.float32.as_datatype_enum
            continue
        if node.op != _OLD_NORMALISATION:
            modern.node.add().CopyFrom(node)
            continue
        images, mean, variance, beta, gamma = node.input
        epsilon = modern.node.add(name=f"{node.name}/epsilon", op="Const")
        epsilon.attr["dtype"].type = tf.float32.as_datatype_enum
        epsilon.attr["value"].tensor.CopyFrom(
            tf.make_tensor_proto(node.attr["variance_epsilon"].f, tf.float32)
        )

        def add(name: str, op: str, *inputs: str) -> str:
            added = modern.node.add(name=name, op=op, input=inputs)
            added.attr["T"].type = tf.float32.as_datatype_enum
            return name

        scale = add(f"{node.name}/variance", "Add", variance, f"{node.name}/epsilon")
        scale = add(f"{node.name}/rsqrt", "Rsqrt", scale)
        if node.attr["scale_after_normalization"].b:
            scale = add(f"{node.name}/scale", "Mul", scale, gamma)
        centred = add(f"{node.name}/centred", "Sub", images, mean)
        scaled = add(f"{node.name}/scaled", "Mul", centred, scale)
        add(node.name, "Add", scaled, beta)
    return modern
