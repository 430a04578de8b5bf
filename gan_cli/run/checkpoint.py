"""Checkpoints: folders that are complete or absent.

`checkpoints/ckpt-N/`, N being the number of images shown, holds TensorFlow's own checkpoint files
and `manifest.json`, which lists every variable with shape and type and every file with its
checksum. A checkpoint is written beside its final name, forced to disk, and then renamed.
"""

import contextlib
import hashlib
import json
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import tensorflow as tf

from gan_cli.errors import UserError
from gan_cli.io.files import atomic_write, force_to_disk
from gan_cli.io.plain_names import plain_folder
from gan_cli.io.records import read_record
from gan_cli.io.regular import open_regular
from gan_cli.run.checkpoint_index import check_index
from gan_cli.run.records import BestRecord, Manifest

_FOLDER = re.compile(r"ckpt-([0-9]{1,15})")
# Folders that a process was writing, or removing, perhaps as it died.
_UNFINISHED = ".ckpt-*"
_BEST = "best.json"
_MOST_RECORD_BYTES = 2**16
# Of some hundred bytes for each variable.
_MOST_MANIFEST_BYTES = 2**26
# What the first part of a variable's name means to a user.
_NETWORKS = ("generator", "discriminator")
_PARTS = {
    "generator": "the generators (model, data)",
    "discriminator": "the discriminators (model, data)",
    "generator_ema": "the averaged generators (model, data)",
    "generator_optimizer": "the optimisers of the generator (training.generator_optimizer)",
    "discriminator_optimizer": (
        "the optimisers of the discriminator (training.discriminator_optimizer)"
    ),
    "memory": "what penalties, augmentation and guard remember (objective, guard)",
}


@dataclass(frozen=True)
class Checkpoint:
    """One checkpoint on disk."""

    path: Path
    images_shown: int

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def kimg(self) -> float:
        return self.images_shown / 1000


class CheckpointStore:
    """The checkpoints of one run.

    Args:
      folder: made on the first save.
      keep: how many of the newest stay, beside the best one.
    """

    def __init__(self, folder: Path, keep: int = 3):
        self.folder, self.keep = folder, keep

    def all(self) -> list[Checkpoint]:
        """Returns the complete checkpoints, oldest first."""
        if not self.folder.is_dir():
            return []
        found = [(path, _FOLDER.fullmatch(path.name)) for path in self.folder.iterdir()]
        checkpoints = [Checkpoint(path, int(match[1])) for path, match in found if match]
        return sorted(checkpoints, key=lambda checkpoint: checkpoint.images_shown)

    def best(self) -> Checkpoint | None:
        """Returns the checkpoint that was marked as best, if it is still there.

        Raises:
          UserError: the record of the best checkpoint is damaged.
        """
        record = self.best_record()
        return self.find(record.checkpoint) if record else None

    def best_record(self) -> BestRecord | None:
        """Returns which checkpoint was marked as best, if it is still there.

        Raises:
          UserError: the record is damaged.
        """
        path = self.folder / _BEST
        if not path.exists():
            return None
        try:
            record = read_record(path, BestRecord, _MOST_RECORD_BYTES)
        except UserError as error:
            raise UserError(
                f"{error}; name a checkpoint other than 'best', or remove the file"
            ) from error
        return record if record.checkpoint in [c.name for c in self.all()] else None

    def mend_best(self, on_damage: Callable[[str], None]) -> None:
        """Sets a damaged record of the best checkpoint aside; the next score makes a new one.

        Args:
          on_damage: called with one line about it.
        """
        path = self.folder / _BEST
        try:
            self.best_record()
        except UserError as error:
            aside = path.with_name(f"damaged-{path.name}")
            try:
                path.rename(aside)
            except OSError as failure:
                raise UserError(
                    f"{path}: is damaged and cannot be moved: {failure.strerror}"
                ) from failure
            reason = error.problems[0].partition(";")[0]
            on_damage(f"{reason}; set aside as {aside.name}: the next score counts as the best")

    def find(self, which: str) -> Checkpoint:
        """Returns the checkpoint called `latest`, `best`, or by its number.

        `best` falls back to the latest while nothing has been evaluated.

        Raises:
          UserError: there is none of that name.
        """
        checkpoints = self.all()
        if not checkpoints:
            raise UserError(f"{self.folder}: holds no checkpoint yet; train first")
        if which == "latest":
            return checkpoints[-1]
        if which == "best":
            return self.best() or checkpoints[-1]
        for checkpoint in checkpoints:
            if which in (str(checkpoint.images_shown), checkpoint.name):
                return checkpoint
        known = ", ".join(["best", "latest", *(str(c.images_shown) for c in checkpoints)])
        raise UserError(f"{self.folder}: no checkpoint '{which}' (there are: {known})")

    def newest_good(self, on_damage: Callable[[str], None]) -> Checkpoint | None:
        """Returns the newest sound checkpoint, if there is any, to continue training from.

        Newer ones that are damaged are renamed to `damaged-N`, so that training can write
        checkpoints of their names again. What a process that died has left half written or half
        removed is deleted; so no other process may be training.

        Args:
          on_damage: called with one line about each damaged checkpoint.
        """
        for leftover in self.folder.glob(_UNFINISHED):
            shutil.rmtree(leftover, ignore_errors=True)
        for checkpoint in reversed(self.all()):
            try:
                _verify(checkpoint)
            except UserError as error:
                aside = self._set_aside(checkpoint)
                reason = error.problems[0].partition(";")[0]
                on_damage(
                    f"{reason}; set aside as {aside.name}, continuing from an older checkpoint"
                )
            else:
                return checkpoint
        return None

    def _set_aside(self, checkpoint: Checkpoint) -> Path:
        aside = self.folder / checkpoint.name.replace("ckpt-", "damaged-")
        shutil.rmtree(aside, ignore_errors=True)
        try:
            checkpoint.path.rename(aside)
        except OSError as error:
            raise UserError(
                f"{checkpoint.path}: is damaged and cannot be moved: {error.strerror}"
            ) from error
        return aside

    def save(self, variables: Mapping[str, tf.Variable], images_shown: int) -> Checkpoint:
        """Writes all `variables`; returns the checkpoint once it is safely on disk.

        Raises:
          UserError: it cannot be written. Older checkpoints are untouched and nothing half-written
            is left.
        """
        final = self.folder / f"ckpt-{images_shown}"
        partial = self.folder / f".ckpt-{images_shown}.partial"
        existing = Checkpoint(final, images_shown)
        if final.exists():
            try:
                _verify(existing)
            except UserError:
                self._set_aside(existing)
            else:
                return existing
        try:
            shutil.rmtree(partial, ignore_errors=True)
            partial.mkdir(parents=True)
            with plain_folder(partial) as folder:
                tf.train.Checkpoint(**variables).write(f"{folder}/state")
            files = sorted(partial.iterdir())
            manifest = {
                "images_shown": images_shown,
                "files": {file.name: _sha256(file) for file in files},
                "variables": _describe(variables),
            }
            (partial / "manifest.json").write_text(json.dumps(manifest, indent=1))
            for file in (*files, partial / "manifest.json", partial):
                force_to_disk(file)
            partial.rename(final)
            force_to_disk(self.folder)
        except (OSError, tf.errors.OpError) as error:
            shutil.rmtree(partial, ignore_errors=True)
            reason = str(error).splitlines()[0]
            raise UserError(
                f"{final}: cannot write the checkpoint: {reason}; older checkpoints are kept"
            ) from error
        self._remove_old()
        return Checkpoint(final, images_shown)

    def replace_all(self, variables: Mapping[str, tf.Variable], images_shown: int) -> None:
        """Saves a checkpoint in place of all others, which are of other classes.

        They are kept as `other-classes-N`.

        Raises:
          UserError: it cannot be written, or another cannot be renamed.
        """
        # A name that `newest_good` removes if the process dies before the end.
        aside = CheckpointStore(self.folder / ".ckpt-converted", 1)
        shutil.rmtree(aside.folder, ignore_errors=True)
        converted = aside.save(variables, images_shown)
        try:
            for checkpoint in self.all():
                kept = self.folder / f"other-classes-{checkpoint.images_shown}"
                shutil.rmtree(kept, ignore_errors=True)
                checkpoint.path.rename(kept)
            converted.path.rename(self.folder / converted.name)
            force_to_disk(self.folder)
            aside.folder.rmdir()
        except OSError as error:
            raise UserError(
                f"{self.folder}: cannot replace the checkpoints: {error.strerror}"
            ) from error

    def mark_best(self, checkpoint: Checkpoint, metric: str, value: float) -> None:
        """Records `checkpoint` as the best by `metric`; it is then kept whatever its age."""
        record = {"checkpoint": checkpoint.name, "metric": metric, "value": value}
        atomic_write(self.folder / _BEST, json.dumps(record))
        self._remove_old()

    def forget_after(self, images_shown: int) -> None:
        """Removes the checkpoints that were saved later, and that training has gone back from."""
        for checkpoint in self.all():
            if checkpoint.images_shown > images_shown:
                _remove(checkpoint)

    def _remove_old(self) -> None:
        try:
            best = self.best()
        except UserError:
            # Which one was best is unknown, and must not be removed.
            return
        for checkpoint in self.all()[: -self.keep]:
            if checkpoint != best:
                _remove(checkpoint)


def _remove(checkpoint: Checkpoint) -> None:
    """Removes a checkpoint, renamed first: half removed, it must not pass for a damaged one."""
    nameless = checkpoint.path.with_name(f".{checkpoint.name}.removed")
    # One that cannot be removed does no harm.
    with contextlib.suppress(OSError):
        checkpoint.path.rename(nameless)
        shutil.rmtree(nameless)


def restore(
    checkpoint: Checkpoint, variables: Mapping[str, tf.Variable], may_lack: str | None = None
) -> None:
    """Reads `variables`, which may be a part of those saved, from a checkpoint.

    Nothing is assigned unless the whole checkpoint is sound and fits.

    Args:
      may_lack: variables whose names begin so stay as they are where the checkpoint holds none.

    Raises:
      UserError: a file is missing or damaged, or the checkpoint is of another model.
    """
    manifest = _verify(checkpoint)
    saved = manifest.variables
    if may_lack is not None:
        variables = {
            name: variable
            for name, variable in variables.items()
            if name in saved or not name.startswith(may_lack)
        }
    wanted = _describe(variables)
    if different := [name for name in wanted if saved.get(name) != wanted[name]]:
        first = different[0]
        held = _spell(saved[first]) if first in saved else "nothing"
        raise UserError(
            f"{checkpoint.path}: is of another model: {_in_words(different)} of the checkpoint and"
            f" of the config differ ('{first}' is {held}, and the config builds"
            f" {_spell(wanted[first])}); go back to the settings in the run's config.yaml, or"
            " choose another run directory"
        )
    try:
        check_index(checkpoint.path, "state")
    except (OSError, ValueError) as error:
        raise UserError(f"{checkpoint.path}: cannot be read: {error}") from error
    try:
        with plain_folder(checkpoint.path) as folder:
            status = tf.train.Checkpoint(**variables).read(f"{folder}/state")
            status.expect_partial().assert_existing_objects_matched()
    except Exception as error:
        # Whoever forges files can forge their checksums as well; TensorFlow's reader raises many
        # types of exceptions on them.
        raise UserError(f"{checkpoint.path}: does not hold what its manifest says") from error


def _in_words(names: Sequence[str]) -> str:
    """Returns which parts of a model some variables belong to; what follows from others is left."""
    found = dict.fromkeys(name.partition("/")[0] for name in names)
    # Averages and optimisers have the shapes of their networks.
    networks = [part for part in found if part in _NETWORKS]
    return " and ".join(_PARTS.get(part, f"the parts '{part}'") for part in networks or found)


def _verify(checkpoint: Checkpoint) -> Manifest:
    """Returns the manifest of a checkpoint all of whose files are what they were.

    Raises:
      UserError: a file is missing or damaged.
    """
    advice = f"damaged or missing; remove {checkpoint.path} to use an older checkpoint"
    path = checkpoint.path / "manifest.json"
    try:
        # Its names hold no folders, which could lead out of the checkpoint.
        manifest = read_record(path, Manifest, _MOST_MANIFEST_BYTES)
    except UserError as error:
        reason = error.problems[0].removeprefix(f"{path}: ")
        raise UserError(f"{path}: {advice} ({reason})") from error
    for name, checksum in manifest.files.items():
        file = checkpoint.path / name
        try:
            is_sound = _sha256(file) == checksum
        except OSError:
            is_sound = False
        if not is_sound:
            raise UserError(f"{file}: {advice}")
    return manifest


def _describe(variables: Mapping[str, tf.Variable]) -> dict[str, list]:
    return {name: [v.dtype.name, *v.shape.as_list()] for name, v in variables.items()}


def _spell(description: list) -> str:
    return f"{description[0]} {description[1:]}"


def _sha256(path: Path) -> str:
    with open_regular(path) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
