"""The networks in whose features images are compared, by name."""

import functools
from typing import Any

from gan_cli.errors import UserError
from gan_cli.registry import Registry


class FeatureRegistry(Registry):
    """Feature networks by name, some with an argument after a colon, such as `keras:ResNet50`.

    Args:
      families: the networks that take an argument, with the builder, which takes it as `argument`.
        A network whose argument is optional is among the entries, too.
      needing_labels: names of the networks that need labelled images.
      of_images: names of the networks that are made from the images alone.
    """

    def __init__(
        self,
        entries: dict[str, str],
        families: dict[str, str],
        needing_labels: frozenset[str] = frozenset(),
        of_images: frozenset[str] = frozenset(),
    ):
        super().__init__("feature network", entries, calls={"": "train, holdout"})
        self.needing_labels, self.of_images = needing_labels, of_images
        self._families = Registry("feature network", families)

    def problem(self, name: str) -> str | None:
        family, _, argument = name.partition(":")
        if family in self._families.names and name not in self.names:
            return None if argument else f"feature network '{family}' needs an argument: {family}:X"
        return super().problem(name)

    def _shown_names(self) -> list[str]:
        return [*self.names, *(f"{family}:X" for family in self._families.names)]

    def load(self, name: str) -> Any:
        """Returns the builder: (train, holdout, progress=None) -> `FeatureNetwork`.

        A builder of the user's own takes the two `ImageDataset` alone. `progress`, a function of
        the steps taken and of all steps, is called while a network is trained or downloaded.

        Raises:
          UserError: as `Registry.load`.
        """
        family, _, argument = name.partition(":")
        if name in self.names:
            return super().load(name)
        if family not in self._families.names:
            own = super().load(name)
            return lambda train, holdout, progress=None: own(train, holdout)
        problem = self.problem(name)
        if problem:
            raise UserError(problem)
        return functools.partial(self._families.load(family), argument=argument)


FEATURE_NETWORKS = FeatureRegistry(
    {
        "classifier": "gan_cli.metrics.features.classifier:build",
        "random": "gan_cli.metrics.features.random:build",
        "inception": "gan_cli.metrics.features.inception:build",
        "inception_clean": "gan_cli.metrics.features.inception:build_clean",
    },
    families={
        "inception": "gan_cli.metrics.features.inception:build",
        "inception_clean": "gan_cli.metrics.features.inception:build_clean",
        "keras": "gan_cli.metrics.features.pretrained:build_application",
        "keras_file": "gan_cli.metrics.features.pretrained:build_keras_file",
        "saved_model": "gan_cli.metrics.features.pretrained:build_saved_model",
    },
    needing_labels=frozenset({"classifier"}),
    of_images=frozenset({"classifier", "random"}),
)
