"""Problems of a config, one line each: where, which key, what is wrong, what would be right."""

import difflib
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from gan_cli.config.data_section import SECTIONS, SOURCE_KEYS, sources_with
from gan_cli.config.schema import Config
from gan_cli.io.wording import show_value, what_is_wrong

KeyPath = tuple[str, ...]


def describe(
    error: ValidationError, data: Any, source: str, places: Mapping[KeyPath, str]
) -> list[str]:
    """Returns one line for each problem.

    Args:
      data: what was validated.
      source: where the data came from, for keys whose place is unknown.
      places: the place of each key path, such as `configs/digits.yaml:12` or `--set`.
    """
    lines = [_line(dict(item), data, source, places) for item in error.errors()]
    return list(dict.fromkeys(lines))


def _line(item: dict, data: Any, source: str, places: Mapping[KeyPath, str]) -> str:
    keys = _keys_in(data, item)
    what = _what_is_wrong(item, keys, data)
    if not keys:
        # The text of a check across keys begins with the key that it concerns.
        dotted, _, what = what.partition(": ")
        keys = tuple(dotted.split("."))
    place = next((places[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in places), source)
    return f"{place}: {'.'.join(keys)}: {what}"


def _keys_in(data: Any, item: dict) -> KeyPath:
    """Returns the key path of a problem as the config has it, without pydantic's own elements.

    These name the branch of a union, the section of a key that stands in `data` itself, or one half
    of an image size that was given as one number.
    """
    keys = []
    for position, key in enumerate(item["loc"]):
        in_map = isinstance(data, Mapping) and key in data
        if in_map or (isinstance(data, list | tuple) and isinstance(key, int) and key < len(data)):
            data = data[key]
        elif item["type"] != "missing" or position + 1 < len(item["loc"]):
            continue
        keys.append(str(key))
    return tuple(keys)


def _what_is_wrong(item: dict, keys: KeyPath, data: Any) -> str:
    if item["type"] in ("extra_forbidden", "invalid_key"):
        return _unknown_key(keys, data)
    hint = ""
    if item["type"] == "literal_error" and isinstance(item["input"], str):
        hint = _did_you_mean(item["input"], re.findall(r"'(.*?)'", item["ctx"]["expected"]))
    return what_is_wrong(item) + hint


def _unknown_key(keys: KeyPath, data: Any) -> str:
    *parents, key = keys
    known = list(_section_at(parents).model_fields)
    if parents == ["data"]:
        source = data["data"].get("source")
        if owners := sources_with(key):
            named = ", ".join(f"'{owner}'" for owner in owners)
            kind = "sources" if len(owners) > 1 else "source"
            return f"is a key of {kind} {named}, but data.source is {show_value(source)}"
        others = {section for section in SECTIONS if section != source}
        own = SOURCE_KEYS[source].model_fields if source in SOURCE_KEYS else ()
        known = [name for name in (*own, *known) if name not in others]
    # Only a file may have it, and only at its top level.
    known += [] if parents else ["extends"]
    hint = _did_you_mean(key, known)
    if not hint:
        elsewhere = [path for path in _all_keys(Config) if path[-1] == key]
        hint = f"; did you mean '{'.'.join(elsewhere[0])}'?" if elsewhere else ""
    return f"unknown key{hint} (known: {', '.join(known)})"


def _did_you_mean(word: str, known: list[str]) -> str:
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _section_at(keys: list[str]) -> type[BaseModel]:
    section: type[BaseModel] = Config
    for key in keys:
        # An index leads from a list of sections to a section of that class.
        if not key.isdecimal():
            section = _sections_in(section.model_fields[key].annotation)[0]
    return section


def _all_keys(section: type[BaseModel], parents: KeyPath = ()) -> Iterator[KeyPath]:
    for key, field in section.model_fields.items():
        yield (*parents, key)
        for inner in _sections_in(field.annotation):
            yield from _all_keys(inner, (*parents, key))


def _sections_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [section for inner in get_args(annotation) for section in _sections_in(inner)]
