"""Says in words what a file's record and credentials tell, and what the comparison found."""

from pathlib import Path
from typing import Any

from gan_cli.media.provenance import Provenance
from gan_cli.studio.record import Comparison, Verification

_LONGEST_VALUE = 200


def verification_lines(
    found: Verification, path: str | Path, run_dir: str | Path | None = None
) -> list[str]:
    """Returns the lines to print for one file; none holds a control character.

    Args:
      path: the file that was verified.
      run_dir: the run that the file was compared with, if any.
    """
    if found.provenance is None:
        lines = [
            f"{path}: carries no record of gan-cli. That proves nothing: records can be removed,"
            " and other generators leave other records or none."
        ]
    else:
        lines = [f"{path}:", *_record_lines(found.provenance)]
    if found.credentials is not None:
        if found.credentials.intact:
            text = f"intact, signed as '{found.credentials.signer}'; whether to trust that signer"
            text += " is not checked"
        else:
            faults = ", ".join(found.credentials.faults)
            text = f"DAMAGED, or the file was changed after signing: {faults}"
        lines.append(f"  {'content credentials:':<21}{_printable(text)}")
    if found.comparison is not None and found.provenance is not None:
        lines.append(f"  {_comparison_text(found.comparison, found.provenance, run_dir)}")
    return lines


def _record_lines(record: Provenance) -> list[str]:
    values = {
        "digital source type": record.digital_source_type,
        "software": record.software,
        "config": record.config_name,
        "checkpoint": record.checkpoint,
        "model SHA-256": record.model_sha256,
        **{name.replace("_", " "): value for name, value in record.recipe.items()},
    }
    return [
        f"  {name + ':':<21}{_printable(value)}"
        for name, value in values.items()
        if value is not None
    ]


def _comparison_text(same: Comparison, record: Provenance, run_dir: str | Path | None) -> str:
    if same.other_weights is not None:
        return (
            f"not equal: {record.checkpoint} of {run_dir} has other weights, of SHA-256"
            f" {same.other_weights}"
        )
    verdict = "equal" if same.equal else "NOT equal"
    return f"{verdict}: {same.what} generated again from {run_dir}"


def _printable(value: Any) -> str:
    """Returns one line without control characters: the file may be anyone's."""
    text = str(value)
    if len(text) > _LONGEST_VALUE:
        text = f"{text[:_LONGEST_VALUE]}... ({len(text):,} characters)"
    return "".join(c if c.isprintable() else "?" for c in text)
