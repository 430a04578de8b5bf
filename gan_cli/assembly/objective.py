"""Builds the loss, the penalties and the augmentation of a resolved config."""

import numpy as np
import tensorflow as tf

from gan_cli.assembly.checks import check_loss
from gan_cli.assembly.ramps import first_value, ramp_of, setting_of
from gan_cli.config.resolved import ResolvedConfig, ResolvedPenalty
from gan_cli.data.dataset import ImageDataset
from gan_cli.data.sources import domain_of
from gan_cli.domains.domain import AUGMENTATION
from gan_cli.errors import UserError
from gan_cli.models.contract import has_styles, output_names
from gan_cli.objectives import LOSSES, PENALTIES
from gan_cli.objectives.augment import AUGMENTATIONS
from gan_cli.objectives.augment.augmentation import Augmentation
from gan_cli.objectives.losses import Loss
from gan_cli.objectives.penalties.penalty import DISCRIMINATOR, GENERATOR, Penalty
from gan_cli.training.augment import AugmentationControl
from gan_cli.training.objective import InstanceNoise, LazyPenalty, Objective
from gan_cli.training.schedule import Kimg
from gan_cli.training.state import GanState

# Most held-out images that an adaptive augmentation looks at; they stay in memory.
MOST_HELD_OUT = 2048


def build_objective(config: ResolvedConfig, state: GanState, end_kimg: Kimg) -> Objective:
    """Builds the loss and the penalties, with the strengths and options of the config.

    The penalties' memory is added to `state`.

    Args:
      end_kimg: where ramps end that name no end of their own.

    Raises:
      UserError: the config combines parts that exclude each other.
    """
    objective, model = config.objective, config.model
    loss: Loss = LOSSES.load(objective.loss)
    loss = loss.with_options(objective.loss_options)
    check_loss(loss, objective.loss)
    if objective.label_smoothing and not loss.has_real_target:
        smoothable = [name for name in LOSSES.names if LOSSES.load(name).has_real_target]
        raise UserError(
            f"objective.label_smoothing: loss '{objective.loss}' has no target to smooth; it must"
            f" be 0, or the loss one of {', '.join(smoothable)}"
        )
    if model.pack > 1 and model.conditional:
        raise UserError("model.pack: images of several labels cannot be packed; it must be 1")
    if config.training.batch_size % model.pack:
        raise UserError(
            f"model.pack: must divide training.batch_size ({config.training.batch_size}),"
            f" got {model.pack}"
        )
    noise = objective.instance_noise
    return Objective(
        loss,
        [build_penalty(each, state, DISCRIMINATOR, end_kimg) for each in objective.penalties],
        [build_penalty(each, state, GENERATOR, end_kimg) for each in objective.generator_penalties],
        real_target=1.0 - objective.label_smoothing,
        n_critic=objective.n_critic,
        fresh_generator_batch=objective.generator_batch == "fresh",
        simultaneous=objective.updates == "simultaneous",
        weight_clip=objective.weight_clip,
        pack=model.pack,
        instance_noise=None if noise is None else InstanceNoise(noise.std, noise.until_kimg),
    )


def build_penalty(entry: ResolvedPenalty, state: GanState, network: str, kimg: Kimg) -> LazyPenalty:
    """Builds one penalty of one network's update, in a run of `kimg`.

    Raises:
      UserError: the penalty is not for this network, or needs what the networks do not have.
    """
    penalty: Penalty = PENALTIES.load(entry.name)
    penalty = penalty.with_options(entry.options)
    key = "generator_penalties" if network == GENERATOR else "penalties"
    if network not in penalty.networks:
        raise UserError(
            f"objective.{key}: '{entry.name}' is for the {penalty.networks[0]}'s update"
        )
    for output in penalty.needs_outputs:
        if output not in output_names(state.discriminator):
            raise UserError(
                f"objective.{key}: '{entry.name}' needs a discriminator with '{output}', which this"
                " one does not have"
            )
    if penalty.needs_styles and not has_styles(state.generator):
        raise UserError(f"objective.{key}: '{entry.name}' needs a generator with styles")
    memory = penalty.memory(getattr(state, network).trainable_variables)
    state.memory.update({f"{network}/{entry.name}/{name}": v for name, v in memory.items()})
    return LazyPenalty(entry.name, penalty, setting_of(entry.gamma, kimg), entry.every, memory)


def build_augmentation(
    config: ResolvedConfig, state: GanState, held_out: ImageDataset, end_kimg: Kimg
) -> AugmentationControl | None:
    """Builds the augmentation, or returns None; its probability is added to `state`.

    Args:
      held_out: images that an adaptive augmentation may look at.
      end_kimg: where a ramp of the probability ends that names no end of its own.

    Raises:
      UserError: the augmentation does not have these policies, the samples cannot be augmented, or
        the signal means nothing under the loss.
    """
    entry = config.objective.augmentation
    if entry is None:
        return None
    domain_of(config.data).require(AUGMENTATION, "the data", "objective.augmentation")
    augmentation: Augmentation = AUGMENTATIONS.load(entry.name)
    if entry.policies is not None:
        augmentation = augmentation.only(entry.policies)
    loss: Loss = LOSSES.load(config.objective.loss)
    signal = entry.signal
    if signal is None and augmentation.adaptive and entry.probability is None:
        # Where the offset of logits is arbitrary, so is their sign.
        if loss.signed_logits:
            signal = "real_sign"
        else:
            signal = "held_out_ratio" if len(held_out.images) else "pair_sign"
    if signal == "real_sign" and not loss.signed_logits:
        raise UserError(
            "objective.augmentation.signal: 'real_sign' means nothing under loss"
            f" '{config.objective.loss}', which only compares logits with each other; use"
            " 'held_out_ratio' or 'pair_sign'"
        )
    images = None
    if signal == "held_out_ratio":
        if not len(held_out.images):
            raise UserError(
                "objective.augmentation.signal: 'held_out_ratio' needs held-out images, of which"
                " there are none; use 'pair_sign', or raise data.holdout_fraction"
            )
        chosen = np.random.default_rng(0).permutation(len(held_out.images))[:MOST_HELD_OUT]
        chosen.sort()
        labels = np.zeros(len(chosen)) if held_out.labels is None else held_out.labels[chosen]
        images = tf.constant(held_out.images[chosen]), tf.constant(labels, tf.int32)
    probability = entry.probability
    if probability is None:
        probability = augmentation.default_probability
    control = AugmentationControl(
        augmentation,
        tf.Variable(first_value(probability), dtype=tf.float32, trainable=False),
        None if signal == "none" else signal,
        entry.target,
        entry.adjustment_kimg,
        images,
        ramp_of(probability, end_kimg),
    )
    state.memory.update(control.variables())
    return control
