"""The configs that the package brings, by name: `builtin:digits` and the others."""

import difflib
import os
import re
from pathlib import Path

from gan_cli.config import yaml_text
from gan_cli.errors import UserError

PREFIX = "builtin:"
_STARTER = "folder"
_SCHEMA_LINE = "# yaml-language-server: $schema="


def folder() -> Path:
    """Returns the folder of the configs and of their JSON schema."""
    package = Path(__file__).parents[1]
    installed = package / "configs"
    # A checkout has them beside the package; building the wheel puts them inside.
    return installed if installed.is_dir() else package.parent / "configs"


def names() -> list[str]:
    """Returns the names of all configs, sorted."""
    return sorted(path.stem for path in folder().glob("*.yaml"))


def located(path: str | Path) -> Path:
    """Returns the file of `builtin:NAME`; any other path is returned as it is.

    Raises:
      UserError: there is no config of that name.
    """
    text = str(path)
    if not text.startswith(PREFIX):
        return Path(path)
    name = text.removeprefix(PREFIX).removesuffix(".yaml")
    if name not in names():
        near = difflib.get_close_matches(name, names(), n=1)
        hint = f"; did you mean '{PREFIX}{near[0]}'?" if near else ""
        raise UserError(f"unknown config '{text}'{hint} (known: {', '.join(names())})")
    return folder() / f"{name}.yaml"


def hint_for(path: Path) -> str:
    """Returns what to write for a file that does not exist, where the package has one like it."""
    return f"; the package has '{PREFIX}{path.stem}'" if path.stem in names() else ""


def described() -> dict[str, str]:
    """Returns the first sentence of each config, by `builtin:NAME`."""
    return {f"{PREFIX}{name}": _first_sentence(located(PREFIX + name)) for name in names()}


def _first_sentence(path: Path) -> str:
    lines = path.read_text(encoding="utf-8").splitlines()
    comments = [line[1:] for line in lines if line.startswith("#") and _SCHEMA_LINE not in line]
    prose = [line.strip() for line in comments if not line.startswith("   ")]
    return re.split(r"(?<=\w\w[.:;])(?<!\bal\.)\s", " ".join(prose), maxsplit=1)[0].rstrip(".:;")


def write_starter(path: str | Path, images: str | None) -> None:
    """Writes a commented config for a folder of images.

    Args:
      path: the file to write; its stem becomes the run's name.
      images: the folder of images; None leaves a placeholder.

    Raises:
      UserError: the file exists or cannot be written, or `images` is no folder.
    """
    # Imported here: it brings NumPy, for which no other reader of configs is to wait.
    from gan_cli.io.files import atomic_write

    path = Path(path)
    if images is not None and not Path(images).is_dir():
        what = "is no folder" if os.path.lexists(images) else "does not exist"
        raise UserError(f"'{images}' {what}; name a folder of images", key="init")
    text = located(PREFIX + _STARTER).read_text(encoding="utf-8")
    text = text.replace(f"{_SCHEMA_LINE}schema.json", f"{_SCHEMA_LINE}{folder() / 'schema.json'}")
    text = text.replace(": copy this file, set `path`, and run", ":")
    text = re.sub(r"\S+ my_images\.yaml", lambda _: str(path), text)
    text = _with_value(text, "name", path.stem)
    if images is not None:
        text = _with_value(text, "path", images)
    try:
        if os.path.lexists(path):
            raise UserError(f"{path} exists already", key="init")
        if not path.parent.is_dir():
            raise UserError(f"{path}: there is no folder {path.parent}", key="init")
        atomic_write(path, text)
    except UserError as error:
        raise UserError(*error.problems, key="init") from error


def _with_value(text: str, key: str, value: str) -> str:
    """Returns YAML text in which the first line of a key has another value."""
    quoted = yaml_text.dump({key: value}).strip()
    return re.sub(rf"(?m)^( *){key}: .*$", lambda found: found[1] + quoted, text, count=1)
