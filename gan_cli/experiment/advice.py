"""What may help a run that the guard warns of, from the config at hand."""

from gan_cli.config.ramp_values import Ramp
from gan_cli.config.resolved import ResolvedConfig


def advice_for(config: ResolvedConfig, can_augment: bool = True) -> dict[str, str]:
    """Returns a sentence for each signal of the guard that names only what the config leaves to do.

    Args:
      can_augment: whether samples of this kind can be augmented.
    """
    objective, training = config.objective, config.training
    optimizers = training.generator_optimizer, training.discriminator_optimizer
    rates = [optimizer.learning_rate for optimizer in optimizers]
    lower_rates = (
        "lower learning rates than"
        f" {_alternatives([f'{rate:.3g}' for rate in dict.fromkeys(rates)], 'and')}"
        " (training.*_optimizer.learning_rate)"
    )
    bound = _stronger_penalty(config)
    augment = []
    if can_augment and objective.augmentation is None:
        augment = ["augmentation (objective.augmentation)"]
    fewer = f"a lower learning rate of D than {rates[1]:.3g}"
    if objective.n_critic > 1:
        fewer = f"fewer updates of D than {objective.n_critic} (objective.n_critic)"
    return {
        "diverging": _may_help([lower_rates, bound]),
        "discriminator_won": _may_help([bound, *augment, fewer]),
        "overfitting": _may_help([*augment, bound, "more data"]),
        "collapse": _may_help([bound, lower_rates, fewer]),
    }


def _stronger_penalty(config: ResolvedConfig) -> str:
    strengths = [
        f"{entry.name}'s {_gamma(entry.gamma)}"
        for entry in config.objective.penalties
        if entry.gamma
    ]
    if strengths:
        return f"a larger gamma than {_alternatives(strengths, 'and')} (objective.penalties)"
    if config.objective.weight_clip is not None:
        return f"tighter weights than {config.objective.weight_clip:g} (objective.weight_clip)"
    return "a gradient penalty such as r1 (objective.penalties)"


def _gamma(gamma: float | Ramp) -> str:
    return f"{gamma.start:g} to {gamma.end:g}" if isinstance(gamma, Ramp) else f"{gamma:.3g}"


def _may_help(ways: list[str]) -> str:
    text = _alternatives(ways, "or")
    return f"{text[0].upper()}{text[1:]} may help"


def _alternatives(parts: list[str], word: str) -> str:
    return f" {word} ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
