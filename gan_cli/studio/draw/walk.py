"""Walks from seed to seed or from class to class, as strips and as animations."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from gan_cli.domains.domain import SOUND
from gan_cli.domains.grid import enlargement, image_grid
from gan_cli.domains.tile_layout import columns_without_holes
from gan_cli.domains.tokens import Strings
from gan_cli.errors import UserError
from gan_cli.media.formats import refuse_too_many
from gan_cli.media.named_sheet import named_sheet
from gan_cli.sampling.latent_paths import circle_path, linear_path, spherical_path
from gan_cli.sampling.saved_latents import SavedLatents
from gan_cli.studio.class_mixer import class_mixer
from gan_cli.studio.draw.music import piece_of
from gan_cli.studio.draw.strings import walk_lines, walk_table
from gan_cli.studio.drawing import Drawing
from gan_cli.studio.picture_requests import Walk
from gan_cli.studio.studio import Studio

# Tracks of an animation stand in one row up to this number.
_MOST_IN_A_ROW = 5
# About the side of one track, of each of two, and so on, where no scale is asked for.
_SIDES = (256, 192, 128, 128, 64)


@dataclass(frozen=True)
class _Tracks:
    """The images along a walk.

    A track is what one class looks like along the way or, in a walk between classes, one seed.

    Attributes:
      images: uint8 [tracks, length, height, width, channels].
      names: of the tracks; empty text where there is one without a name.
      stops: names of the latents, or classes, that the walk leads through.
    """

    images: np.ndarray
    names: Sequence[str]
    stops: Sequence[str]


def draw_walk(studio: Studio, request: Walk) -> Drawing:
    """Draws a walk.

    Raises:
      UserError: this generator allows no such walk, or one picture has no room for it.
    """
    saved = studio.saved_latents(request.latents)
    seeds: Sequence[int] = () if saved else request.walked_seeds
    if saved:
        tracks = _between_latents(studio, request, saved)
    elif request.kind == "classes":
        tracks = _between_classes(studio, request, seeds)
    else:
        tracks = _between_seeds(studio, request, seeds)
    domain = studio.loaded.domain
    if SOUND in domain.supports:
        phrases = tracks.images.reshape(-1, *tracks.images.shape[2:])
        return Drawing(
            studio,
            request,
            draw_image=lambda: domain.picture(phrases, request.steps, None),
            draw_piece=lambda: piece_of(domain, phrases),
            seeds=seeds,
            saved=saved,
        )
    if isinstance(domain, Strings):
        walked = tracks.images, tracks.names, tracks.stops, request.steps
        return Drawing(
            studio,
            request,
            draw_image=lambda: walk_table(domain, *_legs(tracks, request)),
            draw_lines=lambda: walk_lines(domain, *walked),
            seeds=seeds,
            saved=saved,
        )
    return Drawing(
        studio,
        request,
        draw_image=lambda: _strip(tracks, request),
        draw_frames=lambda: _frames(tracks.images, request),
        seeds=seeds,
        saved=saved,
    )


def _frames(images: np.ndarray, request: Walk) -> list[Image.Image]:
    """Lays all tracks out side by side, for each step of the walk."""
    count = len(images)
    refuse_too_many(count * images.shape[1])
    columns = count
    if request.shape is not None:
        columns = request.shape[1]
    elif count > _MOST_IN_A_ROW:
        whole = columns_without_holes(count)
        columns = whole if request.keeps_columns else int(np.ceil(np.sqrt(count)))
    tiles = request.tiles(count)
    if tiles.scale is None and request.keeps_columns:
        height, width = images.shape[2:4]
        side = _SIDES[min(count, len(_SIDES)) - 1]
        tiles = replace(tiles, scale=enlargement(height, width, side))
    return [image_grid(frame, columns, tiles) for frame in images.swapaxes(0, 1)]


def _strip(tracks: _Tracks, request: Walk) -> Image.Image:
    """Lays the walk out with one row for each leg, from stop to stop."""
    rows, names = _legs(tracks, request)
    tiles = request.tiles(len(rows) * rows.shape[1])
    return named_sheet(rows, names, layout=tiles, wrap=request.wraps)


def _legs(tracks: _Tracks, request: Walk) -> tuple[np.ndarray, list[str]]:
    """Returns the samples of each leg with both of its stops, and the names of the legs."""
    images, stops, steps = tracks.images, list(tracks.stops), request.steps
    closed = images.shape[1] % steps == 0
    if closed:
        images = np.concatenate([images, images[:, :1]], axis=1)
        stops.append(stops[0])
    legs = range(len(stops) - 1)
    found = [track[leg * steps : (leg + 1) * steps + 1] for track in images for leg in legs]
    names = [
        f"{name}{':  ' if name else ''}{stops[leg]} → {stops[leg + 1]}"
        for name in tracks.names
        for leg in legs
    ]
    return np.stack(found), names


def _mosaic(studio: Studio, request: Walk, seeds: Sequence[int]) -> _Tracks:
    """Makes a track for each image of the mosaic, through seeds of its own."""
    path, count = _path(studio, request), request.num_walks
    refuse_too_many(len(seeds) * request.steps)
    nodes = studio.latents(seeds, request.truncation)
    if request.kind == "circle":
        walks = [circle_path(nodes[k], nodes[count + k], request.steps) for k in range(count)]
        stops = ["first", "second", "-first", "-second"]
    else:
        walks = [path(nodes[k::count], request.steps, request.loop) for k in range(count)]
        stops = [f"stop {number + 1}" for number in range(len(seeds) // count)]
    labels = studio.labels(request.classes, count)
    latents = np.concatenate(walks)
    each = None if labels is None else np.repeat(labels, len(walks[0]))
    images = studio.sampler_for(request.truncation).images(latents, each)
    names = [f"image {number + 1}" for number in range(count)]
    return _Tracks(images.reshape(count, len(walks[0]), *images.shape[1:]), names, stops)


def _between_seeds(studio: Studio, request: Walk, seeds: Sequence[int]) -> _Tracks:
    if request.shape is not None:
        return _mosaic(studio, request, seeds)
    path = _path(studio, request)
    numbers = studio.class_numbers(request.classes)
    count = 1 if numbers is None else len(numbers)
    refuse_too_many(count * len(seeds) * request.steps)
    nodes = studio.latents(seeds, request.truncation)
    if request.kind == "circle":
        latents = circle_path(nodes[0], nodes[1], request.steps)
        stops = [f"{seeds[0]}", f"{seeds[1]}", f"-{seeds[0]}", f"-{seeds[1]}"]
    else:
        latents, stops = path(nodes, request.steps, request.loop), [f"{seed}" for seed in seeds]
    labels = None if numbers is None else np.repeat(np.array(numbers, np.int32), len(latents))
    images = studio.sampler_for(request.truncation).images(np.tile(latents, (count, 1)), labels)
    names = [""] if numbers is None else [studio.loaded.class_names[n] for n in numbers]
    return _Tracks(images.reshape(count, len(latents), *images.shape[1:]), names, stops)


def _between_latents(studio: Studio, request: Walk, saved: SavedLatents) -> _Tracks:
    """Makes one track, which passes through mixtures on its way from class to class."""
    count = len(saved.latents)
    if count < 2:
        raise UserError("a walk goes through at least two, got 1", key="latents")
    refuse_too_many(count * request.steps)
    if saved.space == "w" and request.kind == "spherical":
        raise UserError(
            "'spherical' is for latents, and these are styles (w), which lie on no sphere; use"
            " 'linear'",
            key="kind",
        )
    latents = _path(studio, request)(saved.latents, request.steps, request.loop)
    stops = [f"{number + 1}" for number in range(count)]
    if saved.space == "w" or saved.labels is None:
        images = studio.saved_images(SavedLatents(latents, None, saved.space))
    elif len(set(saved.labels.tolist())) == 1:
        images = studio.sampler.images(latents, np.full(len(latents), saved.labels[0]))
    else:
        corners = np.eye(studio.loaded.num_classes, dtype=np.float32)[saved.labels]
        shares = linear_path(corners, request.steps, request.loop)
        mixer = class_mixer(studio, shares)
        images = mixer.images(latents, np.arange(len(shares), dtype=np.int32))
    if saved.labels is not None:
        names = studio.loaded.class_names
        stops = [f"{stop} ({names[n]})" for stop, n in zip(stops, saved.labels, strict=True)]
    return _Tracks(images[None], [""], stops)


def _between_classes(studio: Studio, request: Walk, seeds: Sequence[int]) -> _Tracks:
    numbers = studio.class_numbers(request.classes)
    if numbers is None or len(numbers) < 2:
        raise UserError("'classes' needs a conditional run and at least two classes", key="kind")
    refuse_too_many(len(seeds) * len(numbers) * request.steps)
    corners = np.eye(studio.loaded.num_classes, dtype=np.float32)[numbers]
    shares = linear_path(corners, request.steps, request.loop)
    latents = np.repeat(studio.latents(seeds, request.truncation), len(shares), axis=0)
    labels = np.tile(np.arange(len(shares), dtype=np.int32), len(seeds))
    images = class_mixer(studio, shares, request.truncation).images(latents, labels)
    names = [f"seed {seed}" for seed in seeds]
    stops = [studio.loaded.class_names[number] for number in numbers]
    return _Tracks(images.reshape(len(seeds), len(shares), *images.shape[1:]), names, stops)


def _path(studio: Studio, request: Walk) -> Callable[[np.ndarray, int, bool], np.ndarray]:
    """Returns the function of nodes, steps and whether the path is closed.

    Raises:
      UserError: arcs are not for this run's latents.
    """
    if request.kind == "linear":
        return linear_path
    if studio.loaded.config.model.latent_distribution != "normal":
        raise UserError(
            f"'{request.kind}' is for normal latents, this run's are uniform; use 'linear'",
            key="kind",
        )
    return spherical_path
