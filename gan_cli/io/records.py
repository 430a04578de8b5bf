"""The one reader of the files that a run keeps and reads back.

Anyone may have changed such a file: a person, another program, a disk that fails. A file is read
only as a regular one, up to a bound of its size, and a record only in its declared form.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from gan_cli.errors import UserError, first_line
from gan_cli.io.regular import open_regular
from gan_cli.io.wording import what_is_wrong

# Far more than any file of a run: logs of a million steps, pictures of 100 megapixels.
MOST_BYTES = 2**29
LONGEST_NAME = 1_000


class Record(BaseModel):
    """Base of the forms of JSON files; keys of other versions stay in it."""

    model_config = ConfigDict(frozen=True, strict=True, extra="allow")


def _check_name(name: str) -> str:
    if len(name) > LONGEST_NAME:
        raise ValueError(f"must be text of at most {LONGEST_NAME:,} characters, got {len(name):,}")
    return name


# Bounded by what a float holds exactly, and far beyond any run.
Count = Annotated[int, Field(ge=0, le=2**53)]
Name = Annotated[str, AfterValidator(_check_name)]
RecordType = TypeVar("RecordType", bound=Record)


def read_content(path: Path, most_bytes: int = MOST_BYTES) -> bytes:
    """Returns what a regular file holds.

    Raises:
      UserError: it cannot be read, is no regular file, or is larger than `most_bytes`.
    """
    try:
        with open_regular(path) as file:
            content = file.read(most_bytes + 1)
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(content) > most_bytes:
        raise UserError(f"{path}: is larger than {most_bytes:,} bytes")
    return content


def read_text(path: Path, most_bytes: int = MOST_BYTES) -> str:
    """Returns the text of a regular file in UTF-8.

    Raises:
      UserError: as of `read_content`, or it is no UTF-8.
    """
    try:
        return read_content(path, most_bytes).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is damaged: it is no text in UTF-8") from error


def read_json(path: Path, most_bytes: int = MOST_BYTES) -> Any:
    """Returns the value that a JSON file holds, of any type.

    Raises:
      UserError: as of `read_text`, or it is no JSON.
    """
    try:
        return json.loads(read_text(path, most_bytes))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is damaged: it is no JSON: {first_line(error)}") from error


def read_record(path: Path, form: type[RecordType], most_bytes: int = MOST_BYTES) -> RecordType:
    """Returns the record that a JSON file holds.

    Raises:
      UserError: as of `read_json`, or the record has another form; names the first field that has.
    """
    return as_record(read_json(path, most_bytes), form, str(path))


def as_record(value: Any, form: type[RecordType], where: str) -> RecordType:
    """Returns a value out of JSON in its declared form.

    Args:
      where: what problems call the value's origin, such as a file's name.

    Raises:
      UserError: it has another form; names the first field that has.
    """
    try:
        return form.model_validate(value)
    except ValidationError as error:
        raise UserError(f"{where}: is damaged: {_first_problem(error)}") from error
    except (OverflowError, RecursionError) as error:
        raise UserError(f"{where}: is damaged: {first_line(error)}") from error


def has_form(value: Any, form: type[Record]) -> bool:
    """Returns whether a value out of JSON has a form."""
    try:
        as_record(value, form, "")
    except UserError:
        return False
    return True


def _first_problem(error: ValidationError) -> str:
    item: Mapping[str, Any] = error.errors(include_url=False)[0]  # type: ignore[assignment]
    field = ".".join(str(key) for key in item["loc"] if key != "[key]")
    if item["type"] == "model_type":
        item = {**item, "type": "dict_type"}
    return f"{field}: {what_is_wrong(item)}" if field else what_is_wrong(item)
