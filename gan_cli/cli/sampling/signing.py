"""Who signs the pictures that leave, from the flags."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.media.credentials import Signer


def signer_of(options: Any) -> "Signer | None":
    """What signs the pictures of this command, by content credentials (C2PA); None: nothing does.

    Args:
      options: the flags' values as attributes.

    Raises:
      UserError: a flag is missing or contradicts another, or its file does not do.
    """
    if options.c2pa_certificate is None:
        for name in ("c2pa_key", "c2pa_timestamp"):
            if getattr(options, name) is not None:
                raise UserError(f"--{name}: needs --c2pa_certificate")
        return None
    if options.c2pa_key is None:
        raise UserError("--c2pa_certificate: needs --c2pa_key")
    if options.no_provenance:
        raise UserError("--c2pa_certificate: cannot be had together with --no_provenance")
    if Path(options.out).suffix.lower() == ".npz":
        raise UserError("--c2pa_certificate: signs pictures, and an .npz file holds none")

    from gan_cli.media.credentials import Signer

    return Signer(Path(options.c2pa_certificate), Path(options.c2pa_key), options.c2pa_timestamp)
