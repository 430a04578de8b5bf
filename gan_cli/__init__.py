"""gan-cli: train, sample and evaluate image GANs with Keras from one YAML file."""

__version__ = "0.1.0"
