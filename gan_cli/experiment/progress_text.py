"""Words and figures of a line of progress."""

import threading
from collections.abc import Callable, Mapping, Sequence

from gan_cli.domains.domain import speed_text


def fitted(parts: Sequence[str], width: int) -> str:
    """Returns as many of the parts, from the first on, as fit into `width`; at least the first."""
    text = parts[0]
    for part in parts[1:]:
        if len(text) + 2 + len(part) > width:
            break
        text += f"  {part}"
    return text


def figures(report: Mapping[str, float]) -> list[str]:
    """Returns a step's report in a few words: losses, D's outputs, penalties, loss scale."""
    parts = [
        f"loss D {report['discriminator_loss']:.3f} G {report['generator_loss']:.3f}",
        f"D(real) {report['discriminator_real']:.2f} D(fake) {report['discriminator_fake']:.2f}",
    ]
    parts += [
        f"{name.removeprefix('penalty/')} {value:.2g}"
        for name, value in report.items()
        if name.startswith("penalty/")
    ]
    if "augmentation_probability" in report:
        parts.append(f"augment {report['augmentation_probability']:.3f}")
    if "loss_scale" in report:
        parts.append(f"scale {report['loss_scale']:.0f}")
    return parts


def _clock(seconds: float) -> str:
    """Returns a duration as hours, minutes and seconds."""
    minutes, whole_seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole_seconds:02}"


def break_silence(
    is_over: threading.Event, longest_seconds: float, sign_of_life: Callable[[], object]
) -> None:
    """Calls a function several times within each so many seconds until the event, in a thread."""

    def watch() -> None:
        while not is_over.wait(longest_seconds / 10):
            sign_of_life()

    threading.Thread(target=watch, daemon=True).start()


def parts_of_line(
    judgement: str,
    images_shown: int,
    total_images: int,
    images_per_second: float,
    report: Mapping[str, float],
    samples: str,
) -> list[str]:
    """Returns what a line of training says, the most important first.

    Args:
      samples: name of the kind of samples.
    """
    seconds_left = max(total_images - images_shown, 0) / max(images_per_second, 1e-9)
    return [
        judgement,
        f"{images_shown / 1000:.1f}/{total_images / 1000:.1f} kimg",
        f"{_clock(seconds_left)} left",
        speed_text(images_per_second, samples),
        *figures(report),
    ]
