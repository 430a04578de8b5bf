"""How a class label enters a network."""

import keras

from gan_cli.models.architecture import ModelSpec


def generator_inputs(spec: ModelSpec) -> tuple[list[keras.KerasTensor], keras.KerasTensor]:
    """Returns the generator's inputs and the vector its first layer sees.

    Unconditional: the latents. Conditional: the latents beside a learned embedding of the label of
    the same length, scaled to unit variance like the latents (Mirza and Osindero 2014, by
    concatenation).
    """
    latents = keras.Input([spec.latent_dim], dtype="float32", name="latents")
    if not spec.num_classes:
        return [latents], latents
    labels = keras.Input([], dtype="int32", name="labels")
    embedding = keras.layers.Embedding(
        spec.num_classes,
        spec.latent_dim,
        embeddings_initializer=keras.initializers.RandomNormal(stddev=1.0),
        name="label_embedding",
    )(labels)
    return [latents, labels], keras.layers.Concatenate()([latents, embedding])


def discriminator_outputs(
    spec: ModelSpec, images: keras.KerasTensor, features: keras.KerasTensor, logits
) -> keras.Model:
    """Returns the finished discriminator: images (and labels) to float32 logits [batch].

    Conditional: the inner product of a label embedding and the features is added to the logit
    (Miyato and Koyama 2018, equation 4).

    Args:
      features: [batch, n], what the label is compared with.
      logits: [batch, 1], the unconditional part.
    """
    inputs = [images]
    if spec.num_classes:
        labels = keras.Input([], dtype="int32", name="labels")
        inputs.append(labels)
        embedding = keras.layers.Embedding(
            spec.num_classes,
            features.shape[-1],
            embeddings_initializer=keras.initializers.RandomNormal(
                stddev=features.shape[-1] ** -0.5
            ),
            name="label_embedding",
        )(labels)
        projection = keras.layers.Dot(axes=1, name="projection")([embedding, features])
        logits = keras.layers.Add()([logits, projection])
    # The loss is computed in float32 whatever precision the layers compute in.
    logits = keras.layers.Reshape([], dtype="float32", name="logits")(logits)
    return keras.Model(inputs, logits, name="discriminator")
