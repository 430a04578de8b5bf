"""Speed and quality against hand-written baselines: `make bench`."""

# Before TensorFlow, whose kernels it chooses as for the commands.
import gan_cli  # noqa: F401
