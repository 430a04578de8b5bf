"""YAML by the core schema of YAML 1.2, with the line of every value and no key given twice.

PyYAML follows YAML 1.1, in which `1e-4` is text, `010` is 8, `1:30` is 90 and `no` is false.
Editors and people expect YAML 1.2.
"""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from gan_cli.errors import UserError, first_line

KeyPath = tuple[str, ...]
Places = dict[KeyPath, str]

# No config comes near this number; ten lines of aliases could stand for billions of values.
_MOST_NODES = 100_000
# Python refuses to print numbers of a few thousand digits.
_MOST_DIGITS = 100

_CORE_SCHEMA = {
    "null": (r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": (r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    "int": (r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    "float": (
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
}


class _Loader(yaml.SafeLoader):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict:
        seen: set[str] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key must be one word", key_node.start_mark
                )
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"key '{key_node.value}' is given twice", key_node.start_mark
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Does nothing: merge keys are not part of YAML 1.2, and could double without end."""

    def construct_int(self, node: yaml.ScalarNode) -> int:
        if len(node.value) > _MOST_DIGITS:
            raise yaml.constructor.ConstructorError(
                None, None, f"a number of more than {_MOST_DIGITS} digits", node.start_mark
            )
        base = {"0o": 8, "0x": 16}.get(node.value[:2], 10)
        return int(node.value, base)


class _Dumper(yaml.SafeDumper):
    """Quotes texts that YAML 1.1 or YAML 1.2 would take for something else."""

    def represent_str(self, text: str) -> yaml.ScalarNode:
        # PyYAML takes these for line breaks, which only double quotes keep.
        style = '"' if set(text) & set("\x85\u2028\u2029") else None
        return self.represent_scalar("tag:yaml.org,2002:str", text, style)


_Loader.yaml_implicit_resolvers = {}
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_int)
_Dumper.add_representer(str, _Dumper.represent_str)
for _tag, (_pattern, _first_letters) in _CORE_SCHEMA.items():
    for _class in (_Loader, _Dumper):
        _class.add_implicit_resolver(
            f"tag:yaml.org,2002:{_tag}", re.compile(rf"(?:{_pattern})\Z"), _first_letters
        )


def parse(text: str, where: str) -> tuple[Any, Places]:
    """Parses one document.

    Args:
      where: the file or other origin of the text.

    Returns:
      The value, and `where:line` for every key and list element in it.

    Raises:
      UserError: the text is not YAML, or gives a key twice.
    """
    places: Places = {}
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is None:
                return None, places
            _bound(node, {})
            _note_places(node, where, (), places, set())
            return loader.construct_document(node), places
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        # PyYAML's context, such as "while scanning a quoted scalar", often says more.
        what = ", ".join(part for part in (error.context, error.problem) if part)
        raise UserError(f"{where}{place}: malformed YAML: {what}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UserError(f"{where}: malformed YAML: {first_line(error)}") from error


def dump(value: Mapping[str, Any]) -> str:
    """Returns YAML that `parse` reads back as the same value."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, width=100, allow_unicode=True)


def _bound(node: yaml.Node, sizes: dict[int, int | None]) -> int:
    """Returns the number of nodes with every alias written out.

    Raises:
      ConstructorError: an alias contains itself, or there are more nodes than `_MOST_NODES`.
    """
    if id(node) not in sizes:
        sizes[id(node)] = None
        inner = [] if isinstance(node, yaml.ScalarNode) else node.value
        parts = [part for item in inner for part in (item if isinstance(item, tuple) else [item])]
        sizes[id(node)] = 1 + sum(_bound(part, sizes) for part in parts)
    size = sizes[id(node)]
    if size is None:
        raise yaml.constructor.ConstructorError(
            None, None, "an alias contains itself", node.start_mark
        )
    if size > _MOST_NODES:
        raise yaml.constructor.ConstructorError(
            None, None, f"aliases stand for more than {_MOST_NODES:,} values", node.start_mark
        )
    return size


def _note_places(
    node: yaml.Node, where: str, keys: KeyPath, places: Places, seen: set[int]
) -> None:
    # An alias is the same node again; one that contains itself would never end.
    if id(node) in seen:
        return
    seen.add(id(node))
    children: list[tuple[str, yaml.Node, yaml.Node]] = []
    if isinstance(node, yaml.MappingNode):
        children = [(str(key.value), key, value) for key, value in node.value]
    elif isinstance(node, yaml.SequenceNode):
        children = [(str(index), value, value) for index, value in enumerate(node.value)]
    for name, placed, value in children:
        places[(*keys, name)] = f"{where}:{placed.start_mark.line + 1}"
        _note_places(value, where, (*keys, name), places, seen)
