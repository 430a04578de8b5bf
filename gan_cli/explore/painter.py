"""Places in the latent space as files: PNG for one, an animation for a walk through several."""

from collections.abc import Sequence

from gan_cli.media.encode import encoded, encoded_animation
from gan_cli.media.video import has_video
from gan_cli.studio.dispatch import draw
from gan_cli.studio.draw.single import latents_at
from gan_cli.studio.drawing import DEFAULT_FRAMES_PER_SECOND
from gan_cli.studio.image_requests import SingleImage
from gan_cli.studio.picture_requests import Request, Walk
from gan_cli.studio.place import Place
from gan_cli.studio.recipes import recorded_fields
from gan_cli.studio.studio import Studio

# Frames from one image to the next: one second.
_STEPS = DEFAULT_FRAMES_PER_SECOND
# Smaller images are enlarged by a whole factor to about this side: nobody posts 16 pixels.
_SIDE = 256


def png_of(studio: Studio, place: Place) -> bytes:
    """Draws a place as a PNG file whose record names the place.

    The place of a seed alone is recorded, and drawn, as the image of that seed.

    Raises:
      UserError: the generator has no such place.
    """
    request: Request = place
    if place.is_seed:
        request = SingleImage(place.seed, place.label, place.truncation)
    recipe = {"kind": request.record_kind, **recorded_fields(request, studio.class_text)}
    return encoded(draw(studio, request).image, ".png", studio.provenance(recipe))


def walk_endings() -> tuple[str, ...]:
    """Returns the endings of the files that `walk_of` can write here."""
    return (".mp4", ".gif") if has_video() else (".gif",)


def walk_of(studio: Studio, places: Sequence[Place], ending: str) -> bytes:
    """Draws a walk from place to place and back to the first, as an animation with its record.

    Raises:
      UserError: a place has no latents of its own, or there is no room for so many frames.
    """
    config = studio.loaded.config
    normal = config.model.latent_distribution == "normal"
    height, width = config.data.image_size
    drawing = draw(
        studio,
        Walk(
            kind="spherical" if normal else "linear",
            loop=len(places) > 2,
            steps=_STEPS,
            latents=latents_at(studio, places),
            scale=max(_SIDE // max(height, width), 1),
        ),
    )
    origin = studio.provenance(drawing.recipe(ending, DEFAULT_FRAMES_PER_SECOND))
    return encoded_animation(drawing.frames, ending, DEFAULT_FRAMES_PER_SECOND, origin)
