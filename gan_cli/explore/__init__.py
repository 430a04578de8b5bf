"""A page on this machine that shows a generator's images, with sliders for its latents."""

import importlib.util

from gan_cli.errors import UserError


def check_installed() -> None:
    """Raises a `UserError` where the package that serves the page is missing."""
    if importlib.util.find_spec("bottle") is None:
        raise UserError("the page needs the package bottle: pip install 'gan-cli[explore]'")
