"""Penalties for further tasks of a discriminator that has outputs for them."""

import tensorflow as tf

from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Penalty, Update


def auxiliary_classifier(update: Update) -> tf.Tensor:
    """Returns -log P(C = c | X) of the labels: Odena et al. 2017, equation 3.

    The discriminator's update takes the sum over real and generated images. The generator's update
    takes generated images alone, since it does not change the outputs for real ones.
    """

    def cross_entropy(outputs: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs["class_logits"])

    fake = cross_entropy(update.fake_outputs, update.fake_labels)
    if update.network == GENERATOR:
        return fake
    return fake + cross_entropy(update.real_outputs, update.real_labels)


def reconstruction(update: Update) -> tf.Tensor:
    """Returns the error of decoding real images: Liu et al. 2021 (FastGAN), equation 4.

    The discriminator computes the error itself, as its output `reconstruction_error`, float32
    [batch]. The task regularises D where there are few images.
    """
    return update.real_outputs["reconstruction_error"]


AUXILIARY_CLASSIFIER = Penalty(
    auxiliary_classifier,
    networks=(DISCRIMINATOR, GENERATOR),
    default_gamma=1.0,
    needs_outputs=("class_logits",),
)
RECONSTRUCTION = Penalty(reconstruction, default_gamma=1.0, needs_outputs=("reconstruction_error",))
