"""--latents: what --project found, in place of seeds."""

from typing import TYPE_CHECKING

from gan_cli.cli.sampling.mode import Options
from gan_cli.errors import UserError

if TYPE_CHECKING:
    from gan_cli.cli.sampling.studio import Studio
    from gan_cli.sampling.saved_latents import SavedLatents


def check_latents(options: Options) -> None:
    """Ends the command where --latents stands beside what belongs to seeds.

    Raises:
      UserError: it does.
    """
    if options.latents is None:
        return
    if not options.latents:
        raise UserError("--latents: names no file")
    for name in ("seed", "seeds", "truncation"):
        # The default of --seed is 0, and of the others None.
        if getattr(options, name):
            raise UserError(f"--{name}: is for latents drawn by seed, not for --latents")


def saved_latents(studio: "Studio", options: Options) -> "SavedLatents | None":
    """The latents of --latents, which are files or, of a picture's record, the latents themselves.

    Raises:
      UserError: a file cannot be read, or is of another generator.
    """
    if options.latents is None:
        return None

    from gan_cli.sampling.saved_latents import SavedLatents, read_latents

    if isinstance(options.latents, SavedLatents):
        return options.latents
    loaded = studio.loaded
    return read_latents(
        options.latents,
        loaded.config.model.latent_dim,
        loaded.num_classes,
        loaded.weights_sha256,
    )
