"""A run's generator, ready to draw from: seeds, class names and truncation to pixels."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np

from gan_cli.cli.build import LoadedGenerator, load_generator
from gan_cli.data.mixture import is_points
from gan_cli.errors import UserError
from gan_cli.run.directory import RunDirectory
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds


class Studio:
    """What every mode draws with.

    Attributes:
      run: the run directory it came from.
      loaded: the generator, its config and its classes.
    """

    def __init__(self, run: RunDirectory, loaded: LoadedGenerator):
        self.run, self.loaded = run, loaded

    @classmethod
    def open(cls, run_dir: str, checkpoint: str) -> "Studio":
        """Loads the averaged generator of a checkpoint: best, latest or a number.

        Raises:
          UserError: there is no such run or checkpoint, or it is damaged.
        """
        run = RunDirectory(run_dir)
        return cls(run, load_generator(run, checkpoint))

    @property
    def points(self) -> bool:
        """Whether what it draws are points of the plane."""
        return is_points(self.loaded.generator.outputs[0].shape)

    @cached_property
    def sampler(self) -> Sampler:
        """The generator compiled for batches of one size: pixels depend on nothing else."""
        return Sampler(self.loaded.generator)

    def latents(self, seeds: Sequence[int], truncation: float | None = None) -> np.ndarray:
        """One latent for each seed: float32 [len(seeds), latent_dim]."""
        model = self.loaded.config.model
        return latents_for_seeds(seeds, model.latent_dim, model.latent_distribution, truncation)

    def labels(self, classes: str | None, count: int) -> np.ndarray | None:
        """One label for each image, int32 [count], or None for an unconditional generator.

        Args:
          classes: names or numbers, such as '0,3', one after another, again and again; None or
            'all': every class.

        Raises:
          UserError: there is no such class.
        """
        chosen = self.class_numbers(classes)
        return None if chosen is None else np.resize(np.array(chosen, np.int32), count)

    def class_numbers(self, classes: str | None) -> list[int] | None:
        """What --classes names, or None for an unconditional generator.

        Raises:
          UserError: there is no such class.
        """
        if not self.loaded.num_classes:
            if classes is not None:
                raise UserError(f"--classes: {self.run.path} was trained without model.conditional")
            return None
        if classes in (None, "all"):
            return list(range(self.loaded.num_classes))
        return [self._class_number(name.strip()) for name in classes.split(",")]

    def _class_number(self, name: str) -> int:
        names = self.loaded.class_names
        if name in names:
            return names.index(name)
        if name.isdigit() and int(name) < self.loaded.num_classes:
            return int(name)
        raise UserError(f"--classes: no class '{name}' (known: {', '.join(names)})")
