"""How a class label enters a network.

Generators: `concat`, an embedding beside the latents, or `batch_norm`, scale and shift of every
batch normalisation. Discriminators: `projection`, `concat`, or `auxiliary`.
"""

import keras

from gan_cli.errors import UserError
from gan_cli.models.contract import (
    CLASS_LOGITS,
    FEATURES,
    LABEL_EMBEDDING,
    LOGITS,
    ModelSpec,
)
from gan_cli.models.layers.improved import (
    MinibatchDiscrimination,
    ReferenceBatch,
    VirtualBatchNormalization,
    WithoutReference,
)
from gan_cli.models.layers.normalization import ConditionalBatchNormalization
from gan_cli.models.layers.spectral import SpectralDense, SpectralEmbedding

# Options of architectures with the layers of Salimans et al. 2016; 0: without.
IMPROVED_OPTIONS = {"virtual_batch_norm": 0, "minibatch_discrimination": 0}


def _size_of(spec: ModelSpec, option: str) -> int:
    size = spec.options.get(option, 0)
    if size < 0:
        raise UserError(f"model.options.{option}: must be at least 0, got {size}")
    return size


def generator_inputs(spec: ModelSpec) -> tuple[list[keras.KerasTensor], keras.KerasTensor]:
    """Returns the generator's inputs and the vector its first layer sees.

    Unconditional, or conditional by `batch_norm`: the latents. By `concat`: the latents beside a
    learned embedding of the label of the same length, scaled to unit variance like the latents
    (Mirza and Osindero 2014). With virtual batch normalisation, its reference comes first.
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
    embedding = keras.layers.Embedding(
        spec.num_classes,
        spec.latent_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name=LABEL_EMBEDDING,
    )(ReferenceBatch(size, spec.num_classes)(labels) if size else labels)
    return [latents, labels], keras.layers.Concatenate()([vectors, embedding])


def normalized(
    spec: ModelSpec, inputs: list[keras.KerasTensor], x: keras.KerasTensor, **batch_norm
) -> keras.KerasTensor:
    """Batch normalisation of `x`, by the label where the spec says `batch_norm`, or virtual.

    Args:
      inputs: of the generator.
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
    """Takes away what `generator_inputs` put before the batch, if anything."""
    size = _size_of(spec, "virtual_batch_norm")
    return WithoutReference(size)(x) if size else x


def with_neighbours(spec: ModelSpec, features: keras.KerasTensor) -> keras.KerasTensor:
    """The features, and with minibatch discrimination how near others of the batch are."""
    kernels = _size_of(spec, "minibatch_discrimination")
    return MinibatchDiscrimination(kernels)(features) if kernels else features


def discriminator_inputs(spec: ModelSpec) -> tuple[list[keras.KerasTensor], keras.KerasTensor]:
    """Returns the discriminator's inputs and the image its first layer sees.

    Conditional by `concat`: the image has one more channel, a learned picture of the label (Mirza
    and Osindero 2014). By `auxiliary`: the label is no input, but what D must say itself.
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
) -> keras.Model:
    """Returns the finished discriminator: images (and labels) to float32 logits [batch].

    By `projection`, the inner product of a label embedding and the features is added to the logit
    (Miyato and Koyama 2018, equation 4). By `auxiliary`, the outputs are `logits` and
    `class_logits`, [batch, num_classes] (Odena et al. 2017).

    Args:
      features: [batch, n], what the label is compared with; its layer gets the name `features`.
      logits: [batch, 1], the unconditional part.
      spectral: whether the weights made here are spectrally normalised.
      embeddings_initializer: of the projected embedding; by default normal, of unit length.
    """
    class_logits = None
    if spec.num_classes and spec.conditioning == "auxiliary":
        dense = SpectralDense if spectral else keras.layers.Dense
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
    """Marks `x`, [batch, n], as what penalties may ask for as `features`: float32."""
    return keras.layers.Activation("linear", dtype="float32", name=FEATURES)(x)
