"""The endings of files of samples, and the room that one picture has."""

from pathlib import Path

from gan_cli.errors import UserError

# Each ending with Pillow's name of the format, or the name of the container.
PICTURES = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP"}
ANIMATIONS = {".gif": "GIF", ".apng": "PNG", ".webp": "WEBP", ".mp4": "MP4"}
# Files of strings, a line each.
LINES = (".txt", ".jsonl")
BULK = (".npz", ".tfrecord", *LINES)
SOUNDS = (".mid", ".wav", ".flac", ".mp3", ".ogg")
NOTES = ".mid"
MOST_IMAGES = 4096


def check_ending(path: Path, moves: bool = False, sounds: bool = False, lines: bool = False) -> str:
    """Returns the ending of a picture's file, in lower case.

    Args:
      moves: whether the picture can be written as an animation as well.
      sounds: whether what it shows can be written as music as well.
      lines: whether what it shows can be written as lines of text as well.

    Raises:
      UserError: the ending names no format of these pictures.
    """
    ending = path.suffix.lower()
    if sounds and ending in SOUNDS:
        return ending
    if lines and ending in LINES:
        return ending
    if ending in PICTURES or (moves and ending in ANIMATIONS):
        return ending
    known = ", ".join(PICTURES)
    if moves:
        stills = ", ".join(ending for ending in PICTURES if ending not in ANIMATIONS)
        known = f"{stills} for a strip or {', '.join(ANIMATIONS)} for an animation"
    if sounds:
        known += f", or {', '.join(SOUNDS)} for music"
    if lines:
        known += f", or {' or '.join(LINES)} for text"
    raise UserError(f"must end in {known}, got '{path}'", key="path")


def refuse_too_many(count: int) -> None:
    """Refuses a picture of more images than one picture should hold.

    Raises:
      UserError: `count` is more than `MOST_IMAGES`.
    """
    if count > MOST_IMAGES:
        raise UserError(
            f"one picture holds at most {MOST_IMAGES:,} images, {count:,} are asked for;"
            " write a folder, .npz or .tfrecord, or ask for fewer"
        )


def check_bulk_ending(path: Path) -> str:
    """Returns the ending of a file for many samples, in lower case; of a folder, ''.

    Raises:
      UserError: the ending names no such format.
    """
    ending = path.suffix.lower()
    if ending not in ("", *BULK):
        known = ", ".join((*PICTURES, *BULK))
        raise UserError(
            f"unknown ending '{ending}' (known: {known}, or a folder without)", key="out"
        )
    return ending


def check_folder(path: Path) -> None:
    """Refuses the name of a file where a folder is written.

    Raises:
      UserError: the path has an ending.
    """
    if path.suffix:
        raise UserError(f"must be a folder, without an ending, got '{path}'", key="out")
