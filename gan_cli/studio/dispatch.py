"""From a request to its drawing."""

from dataclasses import replace
from typing import Any

from gan_cli.domains.domain import LINES, PICTURES, SOUND, Domain
from gan_cli.errors import UserError
from gan_cli.listener import Listener, Quiet
from gan_cli.studio.draw.axes import draw_axes
from gan_cli.studio.draw.music import draw_found_music
from gan_cli.studio.draw.seed_grid import draw_grid
from gan_cli.studio.draw.sheets import draw_sheet
from gan_cli.studio.draw.single import draw_found, draw_place, draw_single
from gan_cli.studio.draw.walk import draw_walk
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.edit_requests import (
    Accompany,
    EditRequest,
    Inpaint,
    Project,
    ProjectText,
    SuperResolve,
)
from gan_cli.studio.fit.accompany import accompany
from gan_cli.studio.fit.inpaint import inpaint
from gan_cli.studio.fit.project import project
from gan_cli.studio.fit.project_text import project_text
from gan_cli.studio.fit.super_resolve import super_resolve
from gan_cli.studio.image_requests import EnlargedImage, FoundImage, FoundMusic, SingleImage
from gan_cli.studio.picture_requests import Axes, Grid, Request, Sheet, Walk
from gan_cli.studio.place import Place
from gan_cli.studio.studio import Studio

# A new kind of picture is a request, a function, and a line here.
_DRAWERS: dict[type[Request], Any] = {
    Grid: draw_grid,
    Walk: draw_walk,
    Sheet: draw_sheet,
    Axes: draw_axes,
    SingleImage: draw_single,
    FoundImage: draw_found,
    EnlargedImage: draw_found,
    FoundMusic: draw_found_music,
    Place: draw_place,
    Project: project,
    ProjectText: project_text,
    Inpaint: inpaint,
    SuperResolve: super_resolve,
    Accompany: accompany,
}
# Requests that a picture's record names. A search is not repeated: the record holds its latents.
_SEARCHES = (EditRequest, ProjectText)
RECORDED = tuple(request for request in _DRAWERS if not issubclass(request, _SEARCHES))
# Kinds of sheets that can be drawn of strings.
_OF_LINES = ("truncation", "classes", "real")


def draw(studio: Studio, request: Request, listener: Listener | None = None) -> Drawing:
    """Draws what a request asks for.

    Args:
      listener: hears how far a search for latents is, or the writing of an animation.

    Raises:
      UserError: this run's generator does not allow it; `key` names the field of the request.
    """
    if type(request) not in _DRAWERS:
        raise UserError(
            f"{type(request).__name__} has no function here that draws it; call your own",
            key="request",
        )
    if isinstance(request, ProjectText):
        studio.loaded.domain.require(LINES, str(studio.run.path), request.subject)
    elif isinstance(request, Accompany | FoundMusic):
        studio.loaded.domain.require(SOUND, str(studio.run.path), request.subject)
    elif not _needs_no_pictures(request, studio.loaded.domain):
        studio.loaded.domain.require(PICTURES, str(studio.run.path), request.subject)
    drawer = _DRAWERS[type(request)]
    if isinstance(request, _SEARCHES):
        return drawer(studio, request, listener or Quiet())
    return replace(drawer(studio, request), listener=listener or Quiet())


def _needs_no_pictures(request: Request, domain: Domain) -> bool:
    """Returns whether music and text can be drawn so, too."""
    if isinstance(request, Grid):
        return True
    if isinstance(request, FoundImage):
        return LINES in domain.supports
    if isinstance(request, Project | SingleImage | Place):
        return SOUND in domain.supports
    if isinstance(request, Walk):
        return bool({SOUND, LINES} & domain.supports)
    return LINES in domain.supports and isinstance(request, Sheet) and request.kind in _OF_LINES
