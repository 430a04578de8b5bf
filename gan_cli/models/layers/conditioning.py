"""Inputs and outputs of networks, and the ways in which a class label enters them.

Generators: `concat`, an embedding beside the latents, or `batch_norm`, a scale and a shift of every
batch normalisation. Discriminators: `projection`, `concat`, or `auxiliary`.
"""

from typing import Any

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import (
    CLASS_LOGITS,
    EQUALIZED_CLASS_HEAD,
    FEATURES,
    LABEL_EMBEDDING,
    LOGITS,
    ModelSpec,
)
from gan_cli.models.layers.equalized import EqualizedDense
from gan_cli.models.layers.improved import (
    MinibatchDiscrimination,
    ReferenceBatch,
    VirtualBatchNormalization,
    WithoutReference,
)
from gan_cli.models.layers.labels import known_labels
from gan_cli.models.layers.normalization import ConditionalBatchNormalization
from gan_cli.models.layers.spectral import SpectralDense, SpectralEmbedding

# Options of architectures that have the layers of Salimans et al. 2016; 0: without them.
IMPROVED_OPTIONS = {"virtual_batch_norm": 0, "minibatch_discrimination": 0}


def _size_of(spec: ModelSpec, option: str) -> int:
    size = spec.options.get(option, 0)
    if size < 0:
        raise UserError(f"model.options.{option}: must be at least 0, got {size}")
    return size


def generator_inputs(spec: ModelSpec) -> tuple[list[keras.KerasTensor], keras.KerasTensor]:
    """Returns the generator's inputs and the vector that its first layer sees.

    The vector is the latents if the generator is unconditional or conditional by `batch_norm`. With
    `concat` it is the latents beside a learned embedding of the label, of the same length and of
    unit variance like the latents (Mirza and Osindero 2014). With virtual batch normalisation, the
    rows of its reference come before the batch.

    Raises:
      UserError: virtual batch normalisation together with `batch_norm`, or of negative size.
    """
    latents = keras.Input([spec.latent_dim], dtype="float32", name="latents")
    size = _size_of(spec, "virtual_batch_norm")
    vectors = ReferenceBatch(size)(latents) if size else latents
    if not spec.num_classes:
        return [latents], vectors
    labels = keras.Input([], dtype="int32", name="labels")
    if spec.conditioning == "batch_norm":
        if size:
            raise UserError(
                "model.options.virtual_batch_norm: takes the place of batch normalisation;"
                " model.generator_conditioning must be 'concat', got 'batch_norm'"
            )
        return [latents, labels], latents
    known = known_labels(labels, spec.num_classes)
    embedding = keras.layers.Embedding(
        spec.num_classes,
        spec.latent_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name=LABEL_EMBEDDING,
    )(ReferenceBatch(size, spec.num_classes)(known) if size else known)
    return [latents, labels], keras.layers.Concatenate()([vectors, embedding])


def normalized(
    spec: ModelSpec, inputs: list[keras.KerasTensor], x: keras.KerasTensor, **batch_norm: Any
) -> keras.KerasTensor:
    """Normalises `x` by the kind of batch normalisation that the spec asks for.

    It is virtual, conditioned on the label (`batch_norm`), or plain.

    Args:
      inputs: inputs of the generator.
      batch_norm: arguments of `keras.layers.BatchNormalization`.
    """
    size = _size_of(spec, "virtual_batch_norm")
    if size:
        batch_norm.pop("momentum", None)
        return VirtualBatchNormalization(size, **batch_norm)(x)
    if not spec.num_classes or spec.conditioning != "batch_norm":
        return keras.layers.BatchNormalization(**batch_norm)(x)
    batch_norm.pop("gamma_initializer", None)
    return ConditionalBatchNormalization(spec.num_classes, **batch_norm)([x, inputs[1]])


def without_reference(spec: ModelSpec, x: keras.KerasTensor) -> keras.KerasTensor:
    """Removes the rows that `generator_inputs` put before the batch, if any."""
    size = _size_of(spec, "virtual_batch_norm")
    return WithoutReference(size)(x) if size else x


def with_neighbours(spec: ModelSpec, features: keras.KerasTensor) -> keras.KerasTensor:
    """Returns the features, with minibatch discrimination if the spec asks for it."""
    kernels = _size_of(spec, "minibatch_discrimination")
    return MinibatchDiscrimination(kernels)(features) if kernels else features


def discriminator_inputs(spec: ModelSpec) -> tuple[list[keras.KerasTensor], keras.KerasTensor]:
    """Returns the discriminator's inputs and the image that its first layer sees.

    With `concat` the image has one more channel, a learned picture of the label (Mirza and Osindero
    2014). With `auxiliary` the label is not an input: the discriminator must predict it.
    """
    images = keras.Input([spec.height, spec.width, spec.channels], dtype="float32", name="images")
    if not spec.num_classes or spec.conditioning == "auxiliary":
        return [images], images
    labels = keras.Input([], dtype="int32", name="labels")
    if spec.conditioning != "concat":
        return [images, labels], images
    picture = keras.layers.Embedding(
        spec.num_classes, spec.height * spec.width, name=LABEL_EMBEDDING
    )(labels)
    picture = keras.layers.Reshape([spec.height, spec.width, 1])(picture)
    return [images, labels], keras.layers.Concatenate()([images, picture])


def discriminator_outputs(
    spec: ModelSpec,
    inputs: list[keras.KerasTensor],
    features: keras.KerasTensor,
    logits: keras.KerasTensor,
    spectral: bool = False,
    embeddings_initializer: keras.initializers.Initializer | None = None,
    equalized: bool = False,
) -> keras.Model:
    """Returns the finished discriminator: images (and labels) to float32 logits [batch].

    With `projection`, the inner product of a label embedding and the features is added to the logit
    (Miyato and Koyama 2018, equation 4). With `auxiliary`, the outputs are `logits` and
    `class_logits`, [batch, num_classes] (Odena et al. 2017).

    Args:
      features: the output of `named_features`, [batch, n], with which the label is compared.
      logits: the unconditional part, [batch, 1].
      spectral: whether the weights made here are spectrally normalised.
      embeddings_initializer: initialiser of the projected embedding; by default normal, of
        expected unit length.
      equalized: whether the class head has an equalised learning rate, if the spec's option of that
        name does not say otherwise.
    """
    class_logits = None
    if spec.num_classes and spec.conditioning == "auxiliary":
        dense = SpectralDense if spectral else keras.layers.Dense
        if equalized and spec.options.get(EQUALIZED_CLASS_HEAD, True):
            dense = EqualizedDense
        class_logits = dense(spec.num_classes, name="class_scores")(features)
    elif spec.num_classes and spec.conditioning != "concat":
        embed = SpectralEmbedding if spectral else keras.layers.Embedding
        embedding = embed(
            spec.num_classes,
            features.shape[-1],
            embeddings_initializer=embeddings_initializer
            or keras.initializers.RandomNormal(stddev=features.shape[-1] ** -0.5),
            name=LABEL_EMBEDDING,
        )(inputs[1])
        projection = keras.layers.Dot(axes=1, name="projection")([embedding, features])
        logits = keras.layers.Add()([logits, projection])
    # The loss is computed in float32 whatever precision the layers compute in.
    logits = keras.layers.Reshape([], dtype="float32", name=LOGITS)(logits)
    if class_logits is None:
        return keras.Model(inputs, logits, name="discriminator")
    class_logits = keras.layers.Activation("linear", dtype="float32", name=CLASS_LOGITS)(
        class_logits
    )
    outputs = {LOGITS: logits, CLASS_LOGITS: class_logits}
    return keras.Model(inputs, outputs, name="discriminator")


def named_features(x: keras.KerasTensor) -> keras.KerasTensor:
    """Returns `x`, [batch, n], in float32 from a layer called `features`; see `models.contract`."""
    return keras.layers.Activation("linear", dtype="float32", name=FEATURES)(x)
