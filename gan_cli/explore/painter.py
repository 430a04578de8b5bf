"""Places in the latent space as PNG files and, of music, as sound."""

from gan_cli.domains.domain import SOUND
from gan_cli.media.encode import encoded
from gan_cli.media.sound import encoded_sound
from gan_cli.studio.dispatch import draw
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.image_requests import SingleImage
from gan_cli.studio.picture_requests import Request
from gan_cli.studio.place import Place
from gan_cli.studio.recipes import recorded_fields
from gan_cli.studio.studio import Studio

_PNG, _WAV = ".png", ".wav"


def png_of(studio: Studio, place: Place) -> bytes:
    """Draws a place as a PNG file whose record names the place.

    The place of a seed alone is recorded, and drawn, as the image of that seed.

    Raises:
      UserError: the generator has no such place.
    """
    drawing, recipe = _drawn(studio, place)
    return encoded(drawing.image, _PNG, studio.provenance(recipe))


def wav_of(studio: Studio, place: Place) -> bytes:
    """Plays the phrase of a place as a WAV file whose record names the place; see `png_of`.

    Raises:
      UserError: the generator has no such place, or makes no music.
    """
    studio.loaded.domain.require(SOUND, str(studio.run.path), "explore")
    drawing, recipe = _drawn(studio, place)
    assert drawing.draw_piece is not None
    recipe |= {"format": _WAV}
    return encoded_sound(drawing.draw_piece(), _WAV, studio.provenance(recipe))


def _drawn(studio: Studio, place: Place) -> tuple[Drawing, dict]:
    """Returns what a place looks and sounds like, and what its record says."""
    request: Request = place
    if place.is_seed:
        request = SingleImage(place.seed, place.label, place.truncation)
    recipe = {"kind": request.record_kind, **recorded_fields(request, studio.class_text)}
    return draw(studio, request), recipe
