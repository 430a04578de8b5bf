"""Places in the latent space as PNG files."""

from gan_cli.media.encode import encoded
from gan_cli.studio.dispatch import draw
from gan_cli.studio.image_requests import SingleImage
from gan_cli.studio.picture_requests import Request
from gan_cli.studio.place import Place
from gan_cli.studio.recipes import recorded_fields
from gan_cli.studio.studio import Studio


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
