"""A run's generator, ready to draw from: seeds, class names and truncation to pixels."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.assembly.loading import LoadedGenerator, load_generator
from gan_cli.assembly.networks import build_network
from gan_cli.domains.domain import PICTURES
from gan_cli.domains.images import to_uint8
from gan_cli.errors import UserError
from gan_cli.media.credentials import Signer
from gan_cli.media.provenance import GENERATED, Provenance
from gan_cli.models.truncation import has_styles, truncated
from gan_cli.run.directory import RunDirectory
from gan_cli.sampling.directions import METHODS, SAMPLE, Directions, LatentSpace
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.training.precision import dtype_policy

# Far from those that are drawn.
_DIRECTION_SEEDS = 3_000_000


class Studio:
    """What every mode draws with.

    Attributes:
      run: the run directory it came from.
      loaded: the generator, its config and its classes.
      signer: what signs pictures drawn here; None: nothing does.
    """

    def __init__(self, run: RunDirectory, loaded: LoadedGenerator, signer: Signer | None = None):
        self.run, self.loaded, self.signer = run, loaded, signer
        self._truncated: dict[float, Sampler] = {}
        self._directions: dict[tuple, tuple[LatentSpace, Directions]] = {}

    @classmethod
    def open(cls, run_dir: str, checkpoint: str, signer: Signer | None = None) -> "Studio":
        """Loads the averaged generator of a checkpoint: best, latest or a number.

        Raises:
          UserError: there is no such run or checkpoint, or it is damaged.
        """
        run = RunDirectory(run_dir)
        return cls(run, load_generator(run, checkpoint), signer)

    @property
    def points(self) -> bool:
        """Whether what it draws are points of the plane."""
        return PICTURES not in self.loaded.domain.supports

    @cached_property
    def sampler(self) -> Sampler:
        """The generator compiled for batches of one size: pixels depend on nothing else."""
        return Sampler(self.loaded.generator, self.loaded.domain)

    def sampler_for(self, truncation: float | None) -> Sampler:
        """The sampler of latents of that truncation: with styles, it is they that are truncated."""
        if truncation is None or not has_styles(self.loaded.generator):
            return self.sampler
        if truncation not in self._truncated:
            self._truncated[truncation] = Sampler(
                truncated(self.loaded.generator, truncation), self.loaded.domain
            )
        return self._truncated[truncation]

    def latents(self, seeds: Sequence[int], truncation: float | None = None) -> np.ndarray:
        """One latent for each seed: float32 [len(seeds), latent_dim].

        Args:
          truncation: of latents; where there are styles, `sampler_for` truncates these instead.
        """
        model = self.loaded.config.model
        if has_styles(self.loaded.generator):
            truncation = None
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

    def images(
        self, seeds: Sequence[int], labels: np.ndarray | None, truncation: float | None = None
    ) -> np.ndarray:
        """uint8 [len(seeds), height, width, channels]; points: float32 [len(seeds), 1, 1, 2]."""
        return self.sampler_for(truncation).images(self.latents(seeds, truncation), labels)

    def image(self, seed: int, label: int | None, truncation: float | None = None) -> np.ndarray:
        """The image of one seed, uint8 [height, width, channels]."""
        labels = None if label is None else np.array([label], np.int32)
        return self.images([seed], labels, truncation)[0]

    def directions(
        self, method: str, label: int | None, count: int
    ) -> tuple[LatentSpace, Directions]:
        """The latent space, of one class where there are any, and its strongest directions.

        Found once, from the same latents whatever seeds are drawn.

        Args:
          method: of `sampling.directions.METHODS`.
          count: how many; of a space with fewer dimensions, as many as it has.
        """
        key = method, label, count
        if key not in self._directions:
            labels = None if label is None else np.array([label], np.int32)
            space = LatentSpace(self.loaded.generator, labels)
            sample = self.latents(range(_DIRECTION_SEEDS, _DIRECTION_SEEDS + SAMPLE))
            found = METHODS[method](space, sample, min(count, sample.shape[1]))
            self._directions[key] = space, found
        return self._directions[key]

    def images_at(self, space: LatentSpace, points: np.ndarray) -> np.ndarray:
        """The images of points of `directions`' space: uint8 [count, height, width, channels].

        Where the points are latents, the very images that `sampler` makes of them.
        """
        points = points.astype(np.float32)
        if space.has_styles:
            return np.asarray(to_uint8(space.images(points)))
        labels = None if space.labels is None else np.repeat(space.labels, len(points))
        return self.sampler.images(points, labels)

    def class_mixer(self, shares: np.ndarray, truncation: float | None = None) -> Sampler:
        """A sampler whose labels are mixtures of classes.

        Everything that a generator knows about a class is a row of some table: of an embedding, or
        of the scales and shifts of a conditional normalisation. Mixtures of the rows lie between
        the classes, and where a mixture is of one class alone, its row is that class's own.

        Args:
          shares: float [mixtures, num_classes], rows of sum 1: what label 0, 1, ... stands for.
          truncation: of styles, where there are any.

        Raises:
          UserError: the generator is unconditional, or keeps classes in another way.
        """
        loaded = self.loaded
        if not loaded.num_classes:
            raise UserError(f"--walk=classes: {self.run.path} was trained without classes")
        # Another number of rows than there are classes, so that tables are told by their shape.
        unused = int(len(shares) == loaded.num_classes)
        with dtype_policy("float32"):
            mixed = build_network(loaded.config, "generator", len(shares) + unused)
        weights = []
        for own, weight in zip(mixed.weights, loaded.generator.get_weights(), strict=True):
            if tuple(own.shape) != weight.shape:
                if weight.shape[0] != loaded.num_classes or own.shape[1:] != weight.shape[1:]:
                    raise UserError(
                        f"--walk=classes: weight '{own.path}' of this architecture is no table of"
                        " classes"
                    )
                rows = np.tensordot(shares, weight.astype(np.float64), axes=1)
                weight = np.concatenate([rows, rows[:unused]]).astype(np.float32)
            weights.append(weight)
        mixed.set_weights(weights)
        if truncation is not None and has_styles(mixed):
            mixed = truncated(mixed, truncation)
        return Sampler(mixed, loaded.domain)

    def provenance(
        self, recipe: Mapping[str, Any], digital_source_type: str | None = None
    ) -> Provenance:
        """What files drawn here say about their origin.

        Args:
          recipe: `kind` and whatever else the pixels depend on.
        """
        loaded = self.loaded
        return Provenance(
            loaded.config.name,
            loaded.checkpoint_name,
            loaded.weights_sha256,
            recipe,
            digital_source_type or GENERATED,
        )

    def mark(self, provenance: Provenance, out: str | Path, unmarked: bool) -> Provenance | None:
        """Returns the provenance or, where files are to leave without, None, and notes that down.

        Raises:
          UserError: it cannot be noted down.
        """
        if not unmarked:
            return provenance
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.run.record_unmarked({"time": now, "out": str(out), **asdict(provenance)})
        return None

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
