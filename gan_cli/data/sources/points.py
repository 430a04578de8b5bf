"""Points of the plane, drawn from a ring or a grid of Gaussians."""

from gan_cli.config.schema import DataConfig
from gan_cli.data.collection import Collection, SourceSplits, numbered_classes
from gan_cli.data.sources.source import Source
from gan_cli.domains.mixture import Mixture, mixture_named
from gan_cli.domains.points import POINT_SHAPE, Points, points_of

# Not the seed of a run, on which the points must not depend.
_SEED = 20_161_107


def open_source(config: DataConfig) -> SourceSplits:
    """Draws `data.num_points` points of the mixture called `data.name`.

    A point is an "image" of one pixel with two channels, float32 and in the range of a generator,
    so that networks train on points as on images. Its label is the index of its mode.

    Raises:
      UserError: there is no such mixture.
    """
    mixture = mixture_of(config)
    points, labels = mixture.draw(config.points.num_points, _SEED)
    images = points.reshape(-1, *POINT_SHAPE)
    return SourceSplits(
        Collection(
            count=len(images),
            read=lambda index: images[index],
            describe=lambda index: f"{mixture.name}[{index}]",
            labels=labels,
            class_names=numbered_classes(labels),
            identity=f"{mixture.sha256} {config.points.num_points}",
            images=images,
        )
    )


def mixture_of(config: DataConfig) -> Mixture:
    """Returns the mixture that `data.name` and `data.mode_std` describe.

    Raises:
      UserError: there is no such mixture, or its modes are too wide to be told apart.
    """
    return mixture_named(config.points.name, config.points.mode_std)


def _domain(config: DataConfig) -> Points:
    return points_of(mixture_of(config))


SOURCE = Source(open_source, _domain)
