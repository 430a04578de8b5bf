"""`replicated.py N CASE...` trains on one device and on N, and prints how far apart they end.

A process of its own, since TensorFlow makes logical devices at its start only.
"""

import json
import sys

import keras
import numpy as np
import tensorflow as tf

from gan_cli.assembly.state import build_state
from gan_cli.assembly.step import build_step
from gan_cli.catalog import CHOICES
from gan_cli.config.schema import Config
from gan_cli.data.dataset import open_splits
from gan_cli.data.pipeline import training_batches
from gan_cli.experiment.experiment import resolve_for
from gan_cli.run.checkpoint import Checkpoint, restore
from gan_cli.training.distribution import ONE_DEVICE, Replicated
from gan_cli.training.loop import compile_steps

STEPS, BATCH, PER_CALL = 20, 16, 5

LAZY_R1 = {"name": "r1", "gamma": 1.0, "every": 4}
CASES = {
    # Batch normalisation in the generator, labels in both networks.
    "conv": {
        "model": {"architecture": "conv", "conditional": True},
        "objective": {"loss": "relativistic", "penalties": [LAZY_R1]},
    },
    "ada": {
        "model": {"architecture": "conv"},
        "objective": {
            "loss": "non_saturating",
            "penalties": [{"name": "r1", "gamma": 1.0}],
            "augmentation": {"name": "ada", "probability": 0.7},
        },
    },
    # Batch normalisation in both, through which the penalty's second derivatives go.
    "dcgan": {
        "model": {"architecture": "dcgan"},
        "objective": {"loss": "wasserstein", "penalties": [{"name": "wgan_gp"}], "n_critic": 2},
        "training": {"generator_optimizer": {"gradient_clip_norm": 0.5}},
        "guard": {"on_non_finite": "skip"},
    },
    # Penalties and a controller that remember, noise, packs, labels drawn anew.
    "memory": {
        "model": {"architecture": "conv", "pack": 2},
        "objective": {
            "loss": "non_saturating",
            "penalties": [
                {"name": "lecam"},
                {"name": "dragan", "every": 2},
                {"name": "historical_averaging", "gamma": 0.1},
            ],
            "generator_penalties": [{"name": "feature_matching"}],
            "augmentation": {
                "name": "ada",
                "signal": "held_out_ratio",
                "target": 0.01,
                "adjustment_kimg": 1.0,
            },
            "instance_noise": {"std": 0.1, "until_kimg": 1.0},
            "weight_clip": 0.2,
        },
    },
    # One-hot outputs whose gradients are those of probabilities.
    "sequence": {
        "data": {"source": "builtin", "name": "surnames"},
        "model": {"architecture": "sequence", "options": {"discriminator_blocks": 1}},
        "objective": {"penalties": [{"name": "r1", "every": 4}, {"name": "r2", "every": 4}]},
    },
    "mlp": {
        "model": {"architecture": "mlp", "conditional": True, "label_sampling": "uniform"},
        "objective": {
            "augmentation": {"name": "diffaugment"},
            "penalties": [{"name": "consistency"}],
            "generator_batch": "fresh",
        },
    },
    # Each device takes its share in slices.
    "slices": {
        "model": {"architecture": "mlp", "conditional": True},
        "objective": {
            "penalties": [LAZY_R1, {"name": "lecam"}, {"name": "dragan", "every": 2}],
            "generator_penalties": [{"name": "feature_matching"}],
        },
        "training": {"gradient_accumulation": 2},
    },
    # Batch statistics of passes that are computed twice.
    "recomputed": {
        "model": {"architecture": "conv", "conditional": True},
        "objective": {"penalties": [LAZY_R1]},
        "training": {"recompute": True},
    },
    "sagan": {
        "model": {"architecture": "sagan", "conditional": True},
        "objective": {"loss": "hinge", "penalties": [], "updates": "simultaneous"},
        "data": {"image_size": 16},
    },
    "stylegan2": {
        # Groups of one image: those of several stay within a replica.
        "model": {"architecture": "stylegan2", "options": {"minibatch_std_group": 1}},
        "objective": {"generator_penalties": [{"name": "path_length", "every": 2}]},
        "data": {"image_size": 16},
    },
    # Through a stage of each of two resolutions and both fades; groups as above.
    "progan": {
        "model": {
            "architecture": "progan",
            "options": {"minibatch_std_group": 1, "stable_kimg": 0.064, "fade_kimg": 0.064},
        },
        "objective": {"loss": "wasserstein", "penalties": [{"name": "drift"}]},
        "data": {"image_size": 16},
    },
    "moving": {
        "model": {"architecture": "conv"},
        "objective": {
            "penalties": [{"name": "r1", "gamma": {"start": 1.0, "end": 0.1}}],
            "augmentation": {"name": "diffaugment", "probability": {"start": 0.0, "end": 1.0}},
        },
        "training": {
            "kimg": 0.3,
            "ema_half_life_kimg": {"start": 0.0, "end": 0.2},
            "discriminator_optimizer": {"beta_2": {"start": 0.9, "end": 0.99}},
        },
    },
    "half": {
        "model": {"architecture": "conv"},
        "objective": {"loss": "non_saturating", "penalties": [LAZY_R1]},
        "training": {"precision": "mixed_float16"},
    },
}


def config_of(case: str) -> Config:
    given = CASES[case]
    optimizer = {"learning_rate": 1e-3, "beta_1": 0.5, "epsilon": 1e-6}
    training = {"batch_size": BATCH, "precision": "float32"} | given.get("training", {})
    for network in ("generator_optimizer", "discriminator_optimizer"):
        training[network] = optimizer | training.get(network, {})
    return Config.model_validate(
        {
            "data": {"source": "builtin"} | given.get("data", {}),
            "model": {"latent_dim": 8, "generator_channels": 8, "discriminator_channels": 8}
            | {"max_channels": 16}
            | given["model"],
            "objective": given["objective"],
            "training": training,
        },
        context=CHOICES,
    )


def trained(
    case: str, distribution, data, steps: int = STEPS, checkpoint: Checkpoint | None = None
):
    """The state after some steps, and the report of the last call."""
    config = resolve_for(config_of(case), data)
    state = build_state(config, 10, distribution)
    step = build_step(config, state, 10, data.holdout, distribution)
    if checkpoint is not None:
        restore(checkpoint, state.variables())
    run = compile_steps(step, data.train.images.shape[1:], False, distribution=distribution)
    batches = training_batches(
        data.train,
        step.reals_per_step,
        0,
        first_image=step.reals_taken(state.images_so_far()),
        steps_per_call=PER_CALL,
    )
    report = {}
    for batch, _ in zip(batches, range(steps // PER_CALL), strict=False):
        report = run(batch["images"], batch["labels"])
    return state, {name: float(value) for name, value in report.items()}


def values(state) -> dict[str, np.ndarray]:
    return {name: np.array(v.read_value()) for name, v in state.variables().items()}


def deviations(ours: dict, theirs: dict) -> dict[str, float]:
    """The largest difference of any value, in proportion where values are above 1."""
    assert ours.keys() == theirs.keys()
    found = {}
    for name in ours:
        a, b = np.float64(ours[name]), np.float64(theirs[name])
        found[name] = float(np.max(np.abs(a - b) / np.maximum(np.abs(a), 1.0)))
    return found


def main(count: int, cases: list[str]) -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(
        cpu, [tf.config.LogicalDeviceConfiguration()] * count
    )
    devices = [f"CPU:{index}" for index in range(count)]
    strategy = tf.distribute.MirroredStrategy(devices, tf.distribute.ReductionToOneDevice())
    several = Replicated(strategy)
    found = {}
    for case in cases:
        keras.backend.clear_session()
        data = open_splits(config_of(case).data)
        (one, report), (many, reports) = (
            trained(case, distribution, data) for distribution in (ONE_DEVICE, several)
        )
        per_replica = [np.array(local) for local in strategy.experimental_local_results(many.step)]
        found[case] = {
            "state": deviations(values(one), values(many)),
            "report": deviations(report, reports),
            "steps": [int(step) for step in per_replica],
        }
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
