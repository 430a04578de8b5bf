"""Configs that earlier versions wrote into run directories, in today's words."""

from typing import Any

from gan_cli.config.base import Option
from gan_cli.config.data_section import SOURCE_KEYS, sources_with
from gan_cli.config.limits import FEWEST_IMAGES
from gan_cli.config.model_section import ArchitecturePair, ModelConfig

# The keys of all sources stood side by side in `data`, in every run, with these defaults.
_DATA_KEYS = {
    "path": None,
    "name": None,
    "data_dir": None,
    "split": "train",
    "holdout_split": None,
    "num_points": 100_000,
    "mode_std": None,
}
# Written where the config named no metrics.
_METRICS = ["frechet", "kernel", "precision_recall", "density_coverage"]

# Rules of data that came later, with the ones that earlier runs followed and keep.
EARLIER_DATA = {"holdout_by": "order", "colour_profiles": "ignore", "value_range": "type"}
# Sources whose phrases of music were piano rolls, before there were voices.
_MUSIC = ("builtin", "chorales", "midi")
# Options that architectures got later, with the values by which earlier runs are built.
LATER_OPTIONS: dict[str, dict[str, Option]] = {
    **{name: {"low_pass": False} for name in ("conv", "dcgan")},
    **{name: {"equalized_class_head": False} for name in ("progan", "stylegan2")},
    **{name: {"published_sizes": False} for name in ("biggan", "fastgan", "sagan", "sngan")},
}


def earlier_options(model: ModelConfig) -> dict[str, Option]:
    """Returns the options of a model that did not exist when some runs began, as they have them."""
    named = model.architecture
    pair = named if isinstance(named, ArchitecturePair) else None
    names = {pair.generator, pair.discriminator} if pair else {named}
    return {
        option: value
        for name, options in LATER_OPTIONS.items()
        if name in names
        for option, value in options.items()
    }


def with_earlier_rules(data: dict[str, Any]) -> dict[str, Any]:
    """Returns the section `data` of a run's config with the rules that earlier runs followed.

    Args:
      data: as it stands in the run directory; rules that it names stay.
    """
    data = EARLIER_DATA | data
    source = str(data.get("source"))
    keys = data.get(source) if source in _MUSIC else None
    if isinstance(keys, dict) and (source != "builtin" or keys.get("name") == "songs"):
        data[source] = {"form": "rolls"} | keys
    return data


def modernised(config: dict[str, Any]) -> dict[str, Any]:
    """Returns a config as today's version would have written it; only those of earlier runs change.

    An earlier version read the keys of the run's own source alone, and none of these is lost.
    """
    data, evaluation = config.get("data"), config.get("evaluation")
    if not isinstance(data, dict) or not _DATA_KEYS.keys() <= data.keys():
        return config
    source = data.get("source")
    foreign = {
        key
        for key, default in _DATA_KEYS.items()
        if source not in sources_with(key) and (source in SOURCE_KEYS or data[key] == default)
    }
    config = {**config, "data": {key: v for key, v in data.items() if key not in foreign}}
    # The images that were held out then must not be trained on now.
    config["data"] = with_earlier_rules(config["data"])
    if isinstance(evaluation, dict):
        evaluation = dict(evaluation)
        if evaluation.get("metrics") == _METRICS:
            evaluation["metrics"] = None
        count = evaluation.get("num_samples")
        if isinstance(count, int) and 2 <= count < FEWEST_IMAGES:
            evaluation["num_samples"] = FEWEST_IMAGES
        config["evaluation"] = evaluation
    return config
