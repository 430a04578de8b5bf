"""`mirrored_command.py N FLAG...`: gan-train on a machine with N logical CPUs."""

import sys

import tensorflow as tf

from gan_cli.cli.train import entry_point

if __name__ == "__main__":
    count = int(sys.argv.pop(1))
    tf.config.set_logical_device_configuration(
        tf.config.list_physical_devices("CPU")[0],
        [tf.config.LogicalDeviceConfiguration() for _ in range(count)],
    )
    entry_point()
