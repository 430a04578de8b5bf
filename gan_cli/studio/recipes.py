"""Requests as the records of pictures hold them, and read back from there."""

import dataclasses
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from pydantic import TypeAdapter, ValidationError

from gan_cli.errors import UserError
from gan_cli.io.wording import show_value
from gan_cli.sampling.saved_latents import LatentSizes, from_recipe, names_latents
from gan_cli.studio.picture_requests import FIRST_LAYOUT, UNCONDITIONAL_PAIRS, Request, Sheet
from gan_cli.studio.place import Place, parse_place_text
from gan_cli.studio.texts import (
    move_text,
    parse_classes,
    parse_move,
    parse_seeds,
    parse_shape,
    shape_text,
)

_LONGEST_KIND = 200
# Fields that a record holds as text; the others it holds as they are.
_READERS: Mapping[str, Callable[[str], Any]] = {
    "shape": parse_shape,
    "classes": parse_classes,
    "move": parse_move,
    "seeds": parse_seeds,
}


def recorded_fields(
    request: Request, class_text: Callable[[str | int], str]
) -> dict[str, str | float | bool | None]:
    """Returns a request's part of a record.

    Args:
      class_text: from the name or number of a class to its text in a list with commas.
    """

    def text(name: str, value: Any) -> Any:
        if value is None:
            return None
        if name == "shape":
            return shape_text(value)
        if name == "move":
            return move_text(value)
        if name == "classes":
            return value if isinstance(value, str) else ",".join(map(class_text, value))
        return value

    return {
        key: text(field, getattr(request, field)) for key, field in type(request).recorded.items()
    }


def request_of(
    recipe: Mapping[str, Any],
    known: Iterable[type[Request]],
    sizes: LatentSizes,
) -> Request:
    """Returns the request that a file's record names. Anyone may have written the record.

    Args:
      known: the requests that a record may name.
      sizes: of the generator that is to draw it.

    Raises:
      UserError: the record names none that a picture can be made of, or one that is malformed.
    """
    kind = recipe.get("kind")
    if kind == Place.record_kind:
        return parse_place_text(str(recipe.get("place")), sizes.classes, sizes.latents)
    found = next((each for each in known if each.record_kind == kind), None)
    if found is None:
        shown = repr(str(kind)[:_LONGEST_KIND])
        raise UserError(f"what is of kind {shown} cannot be made from its record alone")
    names = {field.name for field in dataclasses.fields(found)}
    required = {
        field.name for field in dataclasses.fields(found) if field.default is dataclasses.MISSING
    }
    values: dict[str, Any] = {}
    for key, name in (*found.recorded.items(), ("seeds", "seeds")):
        value = recipe.get(key)
        if name in names and (value is not None or name in required):
            reader = _READERS.get(name)
            values[name] = _typed(found, name, value) if reader is None else reader(str(value))
    if "layout_version" in names:
        values.setdefault("layout_version", FIRST_LAYOUT)
    if "latents" in names:
        values["latents"] = from_recipe(recipe, sizes) if names_latents(recipe) else None
    if found is Sheet and "seeds" in values:
        if values["kind"] == "training":
            # The record names the seeds that training drew, which nobody can choose.
            del values["seeds"]
        elif values["kind"] == "real" and not sizes.classes:
            # The record names the seeds of all pairs of rows, the request those of the first one.
            values["seeds"] = values["seeds"][: len(values["seeds"]) // UNCONDITIONAL_PAIRS]
    return found(**values)


def _typed(request: type[Request], name: str, value: Any) -> Any:
    """Returns a field's value out of a record, if it is of the field's type."""
    wanted: Any = next(field.type for field in dataclasses.fields(request) if field.name == name)
    try:
        return TypeAdapter(wanted).validate_python(value, strict=True)
    except (ValidationError, OverflowError) as error:
        raise UserError(f"its record gives '{name}' the value {show_value(value)}") from error
