"""The tables of docs/defaults.md, from the rules themselves.

python -m tests.docs.defaults_tables        # prints them anew
"""

from collections.abc import Iterator

from gan_cli.assembly.networks import build_network
from gan_cli.assembly.resolving import rules_for
from gan_cli.catalog import CHOICES
from gan_cli.config.resolve import DataSummary, resolve
from gan_cli.config.resolved import ResolvedConfig
from gan_cli.config.schema import Config
from gan_cli.domains.images import Images
from gan_cli.models import ARCHITECTURES

SIDES = (32, 64, 128, 256)
COUNTS = (300, 3_000, 30_000)
FOR_IMAGES = (
    *("conv", "dcgan", "mlp", "sngan", "sagan", "biggan"),
    *("progan", "stylegan2", "r3gan", "fastgan"),
)


def resolved(side: int, count: int, architecture: str = "conv") -> ResolvedConfig:
    """Returns the config that leaves everything open, for images in colour without labels."""
    asked = {"data": {"source": "builtin"}, "model": {"architecture": architecture}}
    config = Config.model_validate(asked, context=CHOICES)
    shape = (side, side, 3)
    rules = rules_for(config, Images(shape))
    return resolve(config, DataSummary(count, *shape, num_classes=0), rules, "float32")


def tables() -> Iterator[str]:
    """Yields the lines of all tables, an empty one after each."""
    yield (
        "| pixels | images | batch | gamma | EMA half-life | augmentation | length | steps"
        " | grid every | scores every |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|"
    for side in SIDES:
        for count in COUNTS:
            yield _row(side, count)
    yield ""
    yield "| pixels | weights of G | weights of D |"
    yield "|---|---|---|"
    for side in SIDES:
        config = resolved(side, COUNTS[-1])
        sizes = (
            build_network(config, network, num_classes=0).count_params()
            for network in ("generator", "discriminator")
        )
        yield "| " + " | ".join((str(side), *(f"{size:,}" for size in sizes))) + " |"
    yield ""
    yield "| architecture | learning rate | width | pixels a side | added penalties |"
    yield "|---|---|---|---|---|"
    for name in FOR_IMAGES:
        config, rules = resolved(64, COUNTS[-1], name), ARCHITECTURES.load(name)
        added = ", ".join(f"`{penalty}`" for penalty in rules.penalties) or "none"
        rate = config.training.generator_optimizer.learning_rate
        assert rate == config.training.discriminator_optimizer.learning_rate
        width = config.model.generator_channels
        yield f"| `{name}` | {rate:g} | {width} | {rules.smallest} to {rules.largest} | {added} |"


def _row(side: int, count: int) -> str:
    config = resolved(side, count)
    training, augmentation = config.training, config.objective.augmentation
    (gamma,) = {penalty.gamma for penalty in config.objective.penalties}
    cells = (
        str(side),
        f"{count:,}",
        str(training.batch_size),
        f"{gamma:.3g}",
        f"{training.ema_half_life_kimg:g}",
        "none" if augmentation is None else f"`{augmentation.name}`",
        f"{training.kimg:,g}",
        f"{round(training.kimg * 1000 / training.batch_size):,}",
        f"{training.grid_every_kimg:g}",
        f"{config.evaluation.every_kimg:g}",
    )
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    print("\n".join(tables()))
