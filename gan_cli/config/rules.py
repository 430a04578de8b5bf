"""What components say about themselves, as far as a config's open values depend on it.

`resolve.py` knows no component by name: it asks these objects. Each protocol lists the attributes
that it reads of one kind of component; see the class that the docstring names.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from gan_cli.options import Option


class ArchitectureRules(Protocol):
    """See `models.contract.Architecture`."""

    @property
    def base_channels(self) -> int: ...

    @property
    def learning_rate(self) -> float: ...

    @property
    def generator_conditioning(self) -> str: ...

    @property
    def discriminator_conditioning(self) -> str: ...

    @property
    def conditioning_penalties(self) -> Mapping[str, tuple[str, ...]]: ...

    @property
    def penalties(self) -> tuple[str, ...]: ...

    @property
    def options(self) -> Mapping[str, Option]: ...


class LossRules(Protocol):
    """See `objectives.losses.Loss`."""

    @property
    def default_penalties(self) -> Mapping[str, int]: ...

    @property
    def default_gamma(self) -> Callable[[int, int], float]: ...

    @property
    def options(self) -> Mapping[str, Option]: ...


class PenaltyRules(Protocol):
    """See `objectives.penalties.penalty.Penalty`."""

    @property
    def default_gamma(self) -> float | None: ...

    @property
    def options(self) -> Mapping[str, Option]: ...


class DomainRules(Protocol):
    """See `domains.domain.Domain`."""

    @property
    def name(self) -> str: ...

    @property
    def few_samples(self) -> int: ...

    @property
    def gamma(self) -> float | None: ...

    @property
    def most_evaluated(self) -> int: ...

    def default_kimg(self, num_samples: int) -> float: ...

    @property
    def decided(self) -> Mapping[str, Any]: ...

    def default_features(self, num_classes: int) -> str | None: ...


@dataclass(frozen=True)
class Rules:
    """The components that a config names, or that its open values may come to name.

    Attributes:
      penalties: every known penalty, and those that the config names, by name.
      automatic_augmentation: name of what `objective.augmentation: auto` stands for where there are
        few samples; None: nothing.
      label_features: names of the feature networks that need labelled samples.
    """

    domain: DomainRules
    generator: ArchitectureRules
    discriminator: ArchitectureRules
    loss: LossRules
    penalties: Mapping[str, PenaltyRules]
    automatic_augmentation: str | None = None
    label_features: frozenset[str] = field(default_factory=frozenset)
