"""Further tasks of a discriminator that has outputs for them."""

import tensorflow as tf

from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Penalty, Update


def auxiliary_classifier(update: Update) -> tf.Tensor:
    """-log P(C = c | X) of the labels, on generated and, for D, real images: Odena et al. 2017.

    The sum of both for the discriminator's update (equation 3); for the generator's, whose update
    has no real images to answer for, the generated ones alone.
    """

    def cross_entropy(outputs, labels):
        return tf.nn.sparse_softmax_cross_entropy_with_logits(labels, outputs["class_logits"])

    fake = cross_entropy(update.fake_outputs, update.fake_labels)
    if update.network == GENERATOR:
        return fake
    return fake + cross_entropy(update.real_outputs, update.real_labels)


def reconstruction(update: Update) -> tf.Tensor:
    """How badly D decodes real images from its features: Liu et al. 2021 (FastGAN), equation 4.

    The discriminator computes the error itself, as its output `reconstruction_error`: float32
    [batch]. It regularises D where there are few images.
    """
    return update.real_outputs["reconstruction_error"]


AUXILIARY_CLASSIFIER = Penalty(
    auxiliary_classifier,
    networks=(DISCRIMINATOR, GENERATOR),
    default_gamma=1.0,
    needs_outputs=("class_logits",),
)
RECONSTRUCTION = Penalty(reconstruction, default_gamma=1.0, needs_outputs=("reconstruction_error",))
