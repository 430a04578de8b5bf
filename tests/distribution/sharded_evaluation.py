"""`sharded_evaluation.py` scores a generator on one and on two logical devices, and prints both.

A process of its own, since TensorFlow makes logical devices at its start only.
"""

import dataclasses
import json

import keras
import numpy as np
import tensorflow as tf

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_splits
from gan_cli.domains.images import Images
from gan_cli.metrics.feature_evaluator import FeatureEvaluator
from gan_cli.metrics.features import FEATURE_NETWORKS
from gan_cli.sampling.generate import Sampler
from gan_cli.training.cluster import local_devices


def small_generator() -> keras.Model:
    latents = keras.Input((8,))
    x = keras.layers.Dense(8 * 8 * 2, kernel_initializer=keras.initializers.HeNormal(0))(latents)
    x = keras.layers.BatchNormalization()(keras.layers.Reshape((8, 8, 2))(x))
    x = keras.layers.Conv2D(
        1, 3, padding="same", activation="tanh", kernel_initializer=keras.initializers.HeNormal(1)
    )(x)
    return keras.Model(latents, x)


def main() -> None:
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    data = open_splits(DataConfig(source="builtin", name="digits"))
    latents = np.random.default_rng(0).standard_normal((777, 8)).astype(np.float32)
    generator = small_generator()
    network = FEATURE_NETWORKS.load("random")(data.train, data.holdout)
    found = []
    for devices in (local_devices("one"), local_devices("mirrored")):
        used: set[str] = set()
        sharing = dataclasses.replace(network, devices=devices)
        forward = sharing._forward

        def recorded(images: tf.Tensor, forward=forward, used=used) -> list[tf.Tensor]:
            outputs = forward(images)
            used.add(outputs[0].device)
            return outputs

        sharing.__dict__["_forward"] = recorded
        images = list(
            Sampler(generator, Images(generator.output_shape[1:]), devices).batches(latents)
        )
        evaluator = FeatureEvaluator(
            sharing, data.train, data.holdout, ("frechet", "precision_recall")
        )
        scores = evaluator.evaluate(iter(images)).scores
        found.append(
            {
                "scores": {name: score.value for name, score in scores.items()},
                "sizes": [len(batch) for batch in images],
                "pixels": int(np.concatenate(images).astype(np.int64).sum()),
                "devices": len(used),
            }
        )
    print(json.dumps(found))


if __name__ == "__main__":
    main()
