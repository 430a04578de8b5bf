"""A run's generator, ready to draw from: seeds, classes and truncation to samples."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from gan_cli.assembly.loading import LoadedGenerator, load_generator
from gan_cli.errors import UserError
from gan_cli.media.provenance import GENERATED, Provenance
from gan_cli.models.contract import has_styles, style_size_of
from gan_cli.models.truncation import truncated
from gan_cli.run.directory import RunDirectory
from gan_cli.sampling.directions import DIRECTIONS, SAMPLE, Directions, LatentSpace
from gan_cli.sampling.generate import Sampler
from gan_cli.sampling.latents import latents_for_seeds
from gan_cli.sampling.saved_latents import LatentSizes, SavedLatents, read_latents
from gan_cli.sampling.seed_ranges import DIRECTIONS as FIRST_DIRECTION_SEED
from gan_cli.sampling.style_mixing import from_styles
from gan_cli.studio.checks import Classes, given_classes, given_seeds, given_truncation
from gan_cli.studio.texts import quoted_class


class Studio:
    """The generator of one checkpoint, with what is needed to draw from it.

    Attributes:
      run: the run directory that the checkpoint belongs to.
      loaded: the averaged generator, its config, classes and domain.
      reads_records: whether classes come from the record of a picture, where earlier versions wrote
        numbers of classes also beside names that are numbers.
    """

    def __init__(self, run: RunDirectory, loaded: LoadedGenerator):
        self.run, self.loaded = run, loaded
        self.reads_records = False
        self._truncated: dict[float, Sampler] = {}
        self._directions: dict[tuple, tuple[LatentSpace, Directions]] = {}

    @classmethod
    def open(cls, run_dir: str | Path, checkpoint: str = "best") -> "Studio":
        """Loads the averaged generator of a checkpoint.

        Args:
          checkpoint: `best`, `latest`, or the number of images that training had shown.

        Raises:
          UserError: there is no such run or checkpoint, or it is damaged.
        """
        run = RunDirectory(run_dir)
        return cls(run, load_generator(run, checkpoint))

    @cached_property
    def sampler(self) -> Sampler:
        """The generator without truncation."""
        return Sampler(self.loaded.generator, self.loaded.domain)

    @cached_property
    def _style_sampler(self) -> Sampler:
        return Sampler(from_styles(self.loaded.generator), self.loaded.domain)

    @cached_property
    def latent_sizes(self) -> LatentSizes:
        """The sizes of the points of this generator's spaces."""
        return LatentSizes(
            self.loaded.config.model.latent_dim,
            style_size_of(self.loaded.generator),
            self.loaded.num_classes,
        )

    def sampler_for(self, truncation: float | None) -> Sampler:
        """Returns the sampler for `latents` of a truncation.

        A generator with styles truncates the styles; for other generators, `latents` are truncated.
        """
        if truncation is None or not has_styles(self.loaded.generator):
            return self.sampler
        if truncation not in self._truncated:
            self._truncated[truncation] = Sampler(
                truncated(self.loaded.generator, truncation), self.loaded.domain
            )
        return self._truncated[truncation]

    def latents(self, seeds: Sequence[int], truncation: float | None = None) -> np.ndarray:
        """Returns one latent for each seed: float32 [len(seeds), latent_dim].

        Args:
          truncation: bound of the latents; without effect where `sampler_for` truncates styles.

        Raises:
          UserError: the bound is not more than 0.
        """
        model = self.loaded.config.model
        if has_styles(self.loaded.generator):
            truncation = None
        return latents_for_seeds(seeds, model.latent_dim, model.latent_distribution, truncation)

    def images(
        self,
        seeds: Sequence[int] | int,
        classes: Classes | None = None,
        truncation: float | None = None,
    ) -> np.ndarray:
        """Returns the samples of seeds, the very ones that gan-sample writes.

        Args:
          seeds: each from 0 to 10**18 - 1.
          classes: names or numbers of classes of a conditional generator, taken in turn; None or
            "all": every class.
          truncation: bound of the latents or, with styles, factor of their distance from the mean.

        Returns:
          [len(seeds), *domain.stored_shape] of the domain's stored type: images are uint8
          [len(seeds), height, width, channels].

        Raises:
          UserError: an argument is out of range, or there is no such class.
        """
        checked = given_seeds(seeds) or ()
        labels = self.labels(given_classes(classes), len(checked))
        return self.labelled_images(checked, labels, given_truncation(truncation))

    def labelled_images(
        self, seeds: Sequence[int], labels: np.ndarray | None, truncation: float | None = None
    ) -> np.ndarray:
        """Returns what `images` does, of labels, int32 [len(seeds)], in place of classes."""
        return self.sampler_for(truncation).images(self.latents(seeds, truncation), labels)

    def image(self, seed: int, label: int | None, truncation: float | None = None) -> np.ndarray:
        """Returns the sample of one seed: [*domain.stored_shape]."""
        labels = None if label is None else np.array([label], np.int32)
        return self.labelled_images([seed], labels, truncation)[0]

    def labels(self, classes: Classes | None, count: int) -> np.ndarray | None:
        """Returns one label for each sample, int32 [count]; unconditional: None.

        Args:
          classes: as of `images`.

        Raises:
          UserError: there is no such class, or there are no classes at all.
        """
        chosen = self.class_numbers(classes)
        return None if chosen is None else np.resize(np.array(chosen, np.int32), count)

    def class_numbers(self, classes: Classes | None) -> list[int] | None:
        """Returns the numbers of classes; unconditional: None.

        Raises:
          UserError: there is no such class, or there are no classes at all.
        """
        if not self.loaded.num_classes:
            if classes is not None:
                raise UserError(
                    f"{self.run.path} was trained without model.conditional", key="classes"
                )
            return None
        if classes is None or isinstance(classes, str):
            return list(range(self.loaded.num_classes))
        return [self._class_number(each) for each in classes]

    def class_text(self, each: str | int) -> str:
        """Returns a class as `texts.parse_classes` reads it: as it was given, or its name.

        Raises:
          UserError: there is no such class.
        """
        number = self._class_number(each)
        text = str(each)
        if quoted_class(text) == text and self._find(text) == number:
            return text
        return quoted_class(self.loaded.class_names[number])

    def _class_number(self, each: str | int) -> int:
        number = self._find(each)
        if number is None:
            known = ", ".join(map(quoted_class, self.loaded.class_names))
            raise UserError(f"no class '{each}' (known: {known})", key="classes")
        return number

    def _find(self, each: str | int) -> int | None:
        """Returns the number of a class by its name or, where that is clear, by a number."""
        names = self.loaded.class_names
        if each in names:
            return names.index(str(each))
        # Among names that are numbers, another number in text is a name that does not exist.
        if isinstance(each, str) and not self.reads_records and any(map(str.isdecimal, names)):
            return None
        whole = each if isinstance(each, int) else int(each) if each.isdecimal() else -1
        return whole if 0 <= whole < self.loaded.num_classes else None

    def saved_latents(self, latents: tuple[Path, ...] | SavedLatents | None) -> SavedLatents | None:
        """Returns latents of files, or latents as they are.

        Raises:
          UserError: a file cannot be read, or belongs to another generator.
        """
        if latents is None or isinstance(latents, SavedLatents):
            return latents
        return read_latents(latents, self.latent_sizes, self.loaded.weights_sha256)

    def saved_images(self, saved: SavedLatents) -> np.ndarray:
        """Returns the samples of saved latents, or of styles: [count, *domain.stored_shape]."""
        if saved.space == "w":
            return self._style_sampler.images(saved.latents)
        return self.sampler.images(saved.latents, saved.labels)

    def directions(
        self, method: str, label: int | None, count: int
    ) -> tuple[LatentSpace, Directions]:
        """Returns the latent space, of one class where there are classes, and its directions.

        Args:
          method: name in `sampling.directions.DIRECTIONS`.
          count: number of directions, the strongest ones; at most the space's dimensions.
        """
        key = method, label, count
        if key not in self._directions:
            labels = None if label is None else np.array([label], np.int32)
            space = LatentSpace(self.loaded.generator, labels)
            sample = self.latents(range(FIRST_DIRECTION_SEED, FIRST_DIRECTION_SEED + SAMPLE))
            found = DIRECTIONS[method](space, sample, min(count, sample.shape[1]))
            self._directions[key] = space, found
        return self._directions[key]

    def images_at(self, space: LatentSpace, positions: np.ndarray) -> np.ndarray:
        """Returns images at positions in a latent space: uint8 [count, height, width, channels].

        Where the positions are latents, these are the very images that `sampler` makes of them.
        """
        positions = positions.astype(np.float32)
        if space.has_styles:
            return np.asarray(self.loaded.domain.from_model(space.images(positions)))
        labels = None if space.labels is None else np.repeat(space.labels, len(positions))
        return self.sampler.images(positions, labels)

    def provenance(
        self, recipe: Mapping[str, Any], digital_source_type: str | None = None
    ) -> Provenance:
        """Returns what a file drawn here says about its origin.

        Args:
          recipe: `kind`, and everything else that the pixels depend on.
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
        """Returns the provenance or, for unmarked files, None after a note in the run directory.

        Raises:
          UserError: the note cannot be written.
        """
        if not unmarked:
            return provenance
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
        self.run.record_unmarked({"time": now, "out": str(out), **asdict(provenance)})
        return None

    @property
    def checkpoint_text(self) -> str:
        """The checkpoint and its age, such as `ckpt-960 (1 kimg)`."""
        return f"{self.loaded.checkpoint_name} ({self.loaded.kimg:g} kimg)"
