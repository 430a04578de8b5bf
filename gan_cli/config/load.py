"""Reads YAML files and overrides into a validated config, and reports every problem at once."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gan_cli.config import builtin, yaml_text
from gan_cli.config.data_section import without_replaced_keys
from gan_cli.config.earlier import modernised
from gan_cli.config.problems import describe, show_value
from gan_cli.config.rounding import rounded
from gan_cli.config.schema import Config
from gan_cli.config.yaml_text import KeyPath, Places
from gan_cli.errors import UserError
from gan_cli.io.regular import open_regular
from gan_cli.registry import Registry, look_in

_MOST_BYTES = 2**22


def load_config(
    path: str | Path,
    overrides: Sequence[str] | Mapping[str, Any],
    choices: Mapping[str, Registry],
    overrides_name: str = "overrides",
) -> Config:
    """Reads a config file, what it extends, and overrides.

    `extends: other.yaml`, relative to the file, or `builtin:NAME` is read first; sections
    are merged key by key, and anything else, lists too, is replaced. Paths within the config are
    left as they are written: relative ones are relative to the working directory.

    Args:
      path: a file, or `builtin:NAME` for a config that the package brings.
      overrides: values by dotted key, or texts of the form `key.path=value` whose values are YAML.
        An element of a list is named by its index, as in `objective.penalties.0.gamma`.
      choices: registries by family, for the fields marked with `schema.Choice`; the names of a
        family that is not there are not checked.
      overrides_name: what problems call the overrides.

    Raises:
      UserError: with one line for every problem found.
    """
    path = builtin.located(path)
    data, places = read_with_parents(path)
    look_in(path.parent)
    problems: list[str] = []
    pairs: Iterable[Any] = overrides.items() if isinstance(overrides, Mapping) else overrides
    # A change of the source comes first: it drops keys of the file, but none of other overrides.
    for override in sorted(pairs, key=lambda pair: not _names_source(pair)):
        try:
            parsed = isinstance(override, str)
            dotted, value = _parsed(override, overrides_name) if parsed else override
            data = _overridden(data, dotted, value, places, overrides_name)
        except UserError as error:
            problems += error.problems
    try:
        config = Config.model_validate(data, context=dict(choices))
    except ValidationError as error:
        problems += describe(error, data, str(path), places)
    if problems:
        raise UserError(*problems)
    return config


def dump_config(config: Config) -> str:
    """Returns YAML that `load_config` reads back as the same config."""
    return yaml_text.dump(config.model_dump(mode="json"))


def config_differences(old: Config, new: Config) -> list[str]:
    """Returns a line for every key in which two configs differ, such as `seed: 0 -> 1`.

    Numbers that agree in six digits are the same: earlier versions did not round what they derived.
    """
    before, after = (dict(_leaves(config.model_dump(mode="json"))) for config in (old, new))

    def shown(leaves: Mapping[KeyPath, Any], keys: KeyPath) -> str:
        return show_value(leaves[keys]) if keys in leaves else "nothing"

    return [
        f"{'.'.join(keys)}: {shown(before, keys)} -> {shown(after, keys)}"
        for keys in dict.fromkeys([*before, *after])
        if keys not in before or keys not in after or rounded(before[keys]) != rounded(after[keys])
    ]


def _leaves(value: Any, keys: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yields the key path and value of everything that is not a filled map or list."""
    if not isinstance(value, dict | list) or not value:
        yield keys, value
        return
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
        yield from _leaves(inner, (*keys, str(key)))


def read_with_parents(path: Path, children: tuple[str, ...] = ()) -> tuple[dict, Places]:
    """Reads a config file and what it extends.

    Args:
      children: real paths of the files that extend this one, which it must not extend in turn.

    Returns:
      The merged data, and for each key path the file and line that it came from.

    Raises:
      UserError: a file cannot be read, or is no YAML.
    """
    data, places = _read(path)
    if "extends" not in data:
        return data, places
    parent, place = data.pop("extends"), places.pop(("extends",))
    if not isinstance(parent, str) or "\0" in parent:
        raise UserError(f"{place}: extends: must be a file name, got {show_value(parent)}")
    chain = (*children, os.path.realpath(path))
    try:
        parent_path = path.parent / builtin.located(parent)
    except UserError as error:
        raise UserError(f"{place}: extends: {error}") from error
    if os.path.realpath(parent_path) in chain:
        raise UserError(f"{place}: extends: {parent_path} extends this file in turn")
    try:
        parent_data, parent_places = read_with_parents(parent_path, chain)
    except UserError as error:
        if os.path.isfile(parent_path):
            raise
        raise UserError(f"{place}: extends: {error}") from error
    parent_data = without_replaced_keys(parent_data, data)
    for keys in _replaced_keys(parent_data, data):
        _forget_below(parent_places, keys)
    return _merge(parent_data, data), parent_places | places


def _read(path: Path) -> tuple[dict, Places]:
    try:
        with open_regular(path) as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise UserError(f"{path}: is larger than {_MOST_BYTES:,} bytes: no config")
        text = content.decode("utf-8")
    except OSError as error:
        hint = builtin.hint_for(path) if isinstance(error, FileNotFoundError) else ""
        raise UserError(f"{path}: cannot read the config: {error.strerror}{hint}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not a text file in UTF-8") from error
    data, places = yaml_text.parse(text, str(path))
    if data is None:
        data = {}
    if not isinstance(data, dict):
        raise UserError(f"{path}: must hold 'key: value' lines, got {show_value(data)}")
    return modernised(data), places


def _merge(base: Any, top: Any) -> Any:
    if not isinstance(base, dict) or not isinstance(top, dict):
        return top
    merged = {key: _merge(base[key], top[key]) for key in base.keys() & top.keys()}
    return base | top | merged


def _replaced_keys(base: Any, top: Any, keys: KeyPath = ()) -> Iterator[KeyPath]:
    """Yields the key paths of what `_merge` takes from `top` alone."""
    if not isinstance(base, dict) or not isinstance(top, dict):
        yield keys
        return
    for key in base.keys() & top.keys():
        yield from _replaced_keys(base[key], top[key], (*keys, str(key)))


def _forget_below(places: Places, keys: KeyPath) -> None:
    for known in [known for known in places if known[: len(keys)] == keys]:
        del places[known]


def _parsed(override: str, name: str) -> tuple[str, Any]:
    """Returns the dotted key and the value of an override such as `training.kimg=100`."""
    dotted, equals, text = override.partition("=")
    if not equals or not all(_keys(dotted)):
        raise UserError(f"{name} {override}: must be of the form key.path=value")
    if _keys(dotted)[0] == "extends":
        raise UserError(f"{name} {override}: only a file can extend another")
    if text.lstrip().startswith("#"):
        # For YAML, a colour would be a comment.
        return dotted, text.strip()
    return dotted, yaml_text.parse(text, f"{name} {dotted}")[0]


def _keys(dotted: str) -> KeyPath:
    return tuple(dotted.strip().split("."))


def _names_source(override: str | tuple[str, Any]) -> bool:
    key = override.partition("=")[0] if isinstance(override, str) else override[0]
    return key.strip() == "data.source"


def _overridden(data: dict, dotted: str, value: Any, places: Places, name: str) -> dict:
    """Returns the data with one override in it, and records where the value came from."""
    keys = _keys(dotted)
    if not all(keys) or keys[0] == "extends":
        raise UserError(f"{name} {dotted}: must be a key of the config, such as training.kimg")
    on_top: Any = value
    for key in reversed(keys):
        on_top = {key: on_top}
    changed = _with_value(without_replaced_keys(data, on_top), keys, value, f"{name} {dotted}")
    _forget_below(places, keys)
    for length in range(1, len(keys)):
        places.setdefault(keys[:length], name)
    places[keys] = name
    return changed


def _with_value(node: Any, keys: KeyPath, value: Any, where: str, above: KeyPath = ()) -> Any:
    """Returns a copy of `node` in which the value below `keys` is `value`."""
    if not keys:
        return value
    key, inner = keys[0], (keys[1:], value, where, (*above, keys[0]))
    if isinstance(node, list) and key.isdecimal() and int(key) < len(node):
        index = int(key)
        return [*node[:index], _with_value(node[index], *inner), *node[index + 1 :]]
    if isinstance(node, dict) or (node is None and not key.isdecimal()):
        node = node or {}
        return {**node, key: _with_value(node.get(key), *inner)}
    wanted = f"a list with an element {key}" if key.isdecimal() else "a section"
    name = ".".join(above)
    if node is None and key.isdecimal():
        raise UserError(
            f"{where}: the config leaves '{name}' to its default; write the list, as in"
            f" {name}=[{{name: ..., {'.'.join(keys[1:]) or 'gamma'}: ...}}]; the config.yaml of a"
            " run, and a dry run with all details, show the default"
        )
    raise UserError(f"{where}: '{name}' is {show_value(node)}, not {wanted}")
