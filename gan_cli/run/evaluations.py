"""The evaluations that a run directory holds."""

from pathlib import Path
from typing import Any

from gan_cli.errors import UserError
from gan_cli.io.records import as_record, read_json
from gan_cli.run.records import EvaluationRecord, is_evaluation


def read_evaluations(folder: Path) -> tuple[list[tuple[Path, dict[str, Any]]], list[str]]:
    """Reads the scores of all checkpoints in a folder, the newest first.

    Other files, which a user may keep there, are passed over.

    Returns:
      The file and the record of each, in JSON's own types; and a line for each damaged file.
    """
    found: list[tuple[int, Path, dict[str, Any]]] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*.json")):
        try:
            content = read_json(path)
            if is_evaluation(content):
                record = as_record(content, EvaluationRecord, str(path)).as_json()
                found.append((path.stat().st_mtime_ns, path, record))
        except OSError:
            # It has gone since the folder was listed.
            continue
        except UserError as error:
            problems += error.problems
    newest_first = sorted(found, key=lambda each: each[0], reverse=True)
    return [(path, record) for _, path, record in newest_first], problems
