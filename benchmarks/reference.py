"""Compares networks, losses and penalties with independent implementations: same weights in.

make reference
python -m benchmarks.reference [PYTHON]

The others bring PyTorch, which does not go into one process with TensorFlow: they have an
environment of their own, `.reference`, whose Python runs `benchmarks/reference_others.py` in
float64. Random weights of theirs are put into our networks, which compute in float32. Prints two
tables and writes them to `docs/reference.md`. Ends with 1 where a difference exceeds its tolerance.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from gan_cli.models import ARCHITECTURES, sngan
from gan_cli.models.contract import ModelSpec, layers_within, mapping_of, synthesis_of
from gan_cli.models.layers.attention import SelfAttention
from gan_cli.models.layers.normalization import (
    ConditionalBatchNormalization,
    ProjectedBatchNormalization,
)
from gan_cli.models.layers.spectral import SpectralConv2D, SpectralDense
from gan_cli.models.layers.styles import Noise
from gan_cli.objectives import LOSSES
from gan_cli.objectives.augment.diffaugment import POLICIES
from gan_cli.objectives.penalties import PENALTIES
from gan_cli.objectives.penalties.penalty import Update
from gan_cli.training.ema import update_ema
from gan_cli.training.optimizer import FusedAdam

OTHERS = Path(__file__).with_name("reference_others.py")
DOCUMENT = Path(__file__).parent.parent / "docs" / "reference.md"
SEED = tf.constant([3, 4], tf.int32)
MEAN_LENGTH = 0.3
Arrays = dict[str, np.ndarray]


@dataclass(frozen=True)
class Row:
    """One comparison.

    Attributes:
      output, gradient: largest difference relative to the largest value of the other, for the
        output and for the gradients of all weights; None: not compared.
    """

    part: str
    other: str
    output: float
    gradient: float | None = None
    tolerance: float = 1e-4

    @property
    def agrees(self) -> bool:
        return max(self.output, self.gradient or 0.0) <= self.tolerance

    def text(self) -> str:
        gradient = "-" if self.gradient is None else f"{self.gradient:.0e}"
        verdict = "" if self.agrees else " **differs**"
        return f"| {self.part} | {self.other} | {self.output:.0e} | {gradient} |{verdict}"


def main(python: str) -> int:
    given = inputs()
    with tempfile.TemporaryDirectory() as folder:
        given_file, found_file = Path(folder) / "given.npz", Path(folder) / "found.npz"
        np.savez(given_file, **given)  # type: ignore[arg-type]
        subprocess.run([python, OTHERS, given_file, found_file], check=True)
        with np.load(found_file) as file:
            found = dict(file)
    keras.utils.set_random_seed(0)
    parts = (residual, power, stylegan2, biggan, losses, diffaugment, adam)
    rows = [row for part in parts for row in part(given, found)]
    table = "\n".join(
        [
            "| part | compared with | output | gradient |",
            "|---|---|---|---|",
            *(r.text() for r in rows),
        ]
    )
    counts = "\n".join(["| network | other | gan-cli |", "|---|---|---|", *size_rows(found)])
    print(table, counts, sep="\n\n")
    write(table, counts)
    return 0 if all(row.agrees for row in rows) else 1


def write(table: str, counts: str) -> None:
    """Replaces the two tables of the document, each between its markers."""
    text = DOCUMENT.read_text(encoding="utf-8")
    for name, content in (("parts", table), ("sizes", counts)):
        begin, end = f"<!-- {name} -->\n", f"<!-- end of {name} -->"
        head, rest = text.split(begin)
        text = head + begin + content + "\n" + end + rest.split(end)[1]
    DOCUMENT.write_text(text, encoding="utf-8")


def inputs() -> Arrays:
    """Returns what both sides compute from; images are [batch, height, width, channels]."""
    rng = np.random.default_rng(0)
    normal, gray = rng.standard_normal, (4, 16, 16, 1)
    noise_seed = tf.random.split(SEED, 2)[1]
    return {
        "images": normal((4, 32, 32, 3)),
        "gray": normal(gray),
        "labels": np.array([0, 2, 1, 2]),
        "latents": normal((4, 6)),
        "features": normal((4, 8, 8, 16)),
        **{f"noise {i}": normal((1, side, side, 1)) for i, side in enumerate((4, 8, 8, 16, 16))},
        # As the penalty draws it, before it divides by the root of the number of pixels.
        "path noise": tf.random.stateless_normal(gray, noise_seed).numpy().astype(np.float64),
        "real logits": 2.0 * normal(9),
        "fake logits": 2.0 * normal(9),
        "draws color": rng.random((3, 4)),
        "draws translation": rng.integers(-4, 5, (2, 4)),
        "draws cutout": rng.integers(0, 33, (2, 4)),
        "adam weight": normal(5),
        "adam gradients": normal((6, 5)),
    }


def relative(ours: Any, theirs: np.ndarray) -> float:
    ours = np.asarray(ours, np.float64).reshape(theirs.shape)
    largest = float(np.abs(theirs).max())
    return float(np.abs(ours - theirs).max()) / (largest or 1.0)


# Ours from theirs: the layout of weights.


def kernel(weight: np.ndarray) -> np.ndarray:
    """Returns a matrix [out, in] or a kernel [(1,) out, in, rows, columns] in our layout."""
    if weight.ndim == 5:
        weight = weight[0]
    return weight.T if weight.ndim == 2 else weight.transpose(2, 3, 1, 0)


def flipped(weight: np.ndarray) -> np.ndarray:
    """As `kernel`; transposed convolutions of PyTorch take kernels turned around."""
    return kernel(weight)[::-1, ::-1]


def from_picture(weight: np.ndarray) -> np.ndarray:
    """Returns a matrix [out, channels x 16] for features of 4x4 pixels with channels last."""
    out = len(weight)
    return weight.reshape(out, -1, 4, 4).transpose(2, 3, 1, 0).reshape(-1, out)


def to_picture(weight: np.ndarray) -> np.ndarray:
    """Returns a matrix [channels x 16, in], or a bias, for a picture with channels last."""
    moved = weight.reshape(-1, 4, 4, *weight.shape[1:]).transpose(
        1, 2, 0, *range(3, weight.ndim + 2)
    )
    moved = moved.reshape(weight.shape)
    return moved.T if weight.ndim == 2 else moved


def plain(weight: np.ndarray) -> np.ndarray:
    return weight


@dataclass(frozen=True)
class Link:
    """A weight of ours, the name of theirs, and the layout that turns theirs into ours."""

    ours: Any
    name: str
    layout: Callable[[np.ndarray], np.ndarray] = plain


def load(case: str, found: Arrays, links: list[Link]) -> None:
    for link in links:
        value = link.layout(found[f"{case}|weight|{link.name}"])
        link.ours.assign(value.reshape(link.ours.shape))


def gradient_difference(
    case: str, found: Arrays, links: list[Link], value: Callable[[], tf.Tensor]
) -> float:
    """Returns the largest difference among all weights' gradients, relative to the largest."""
    trained = [link for link in links if f"{case}|gradient|{link.name}" in found]
    with tf.GradientTape() as tape:
        total = value()
    gradients = tape.gradient(total, [link.ours.value for link in trained])
    # Those of tables of labels are sparse.
    gradients = [None if each is None else tf.convert_to_tensor(each) for each in gradients]
    theirs = [link.layout(found[f"{case}|gradient|{link.name}"]) for link in trained]
    largest = max(np.abs(gradient).max() for gradient in theirs)
    differences = [
        np.abs(np.asarray(mine, np.float64).reshape(other.shape) - other).max()
        for mine, other in zip(gradients, theirs, strict=True)
        if mine is not None
    ]
    assert len(differences) == len(trained), f"{case}: a weight has no gradient"
    return float(max(differences) / largest)


def in_order(model: keras.Model, *kinds: type) -> list[Any]:
    """Returns a network's own layers of these types in the order in which they were made."""
    number = lambda layer: int((re.findall(r"_(\d+)$", layer.name) or ["0"])[0])  # noqa: E731
    return sorted((layer for layer in model.layers if type(layer) in kinds), key=number)


def converge(model: Any) -> None:
    """Sets singular vectors to those of the weights, to which the power iteration converges."""
    inner = layers_within(model) if isinstance(model, keras.Model) else model._flatten_layers()
    for layer in inner:
        if hasattr(layer, "left_vector"):
            weight = layer._normalized_weight().numpy()
            matrix = weight.reshape(-1, weight.shape[-1]).astype(np.float64)
            layer.left_vector.assign(np.linalg.svd(matrix, full_matrices=False)[2][0])


def weight_links(layer: Any, name: str, layout: Callable = kernel) -> list[Link]:
    """Returns the kernel, before spectral normalisation, and the bias of a layer."""
    links = [Link(layer._kernel, f"{name}.weight", layout)]
    if layer.use_bias:
        links.append(
            Link(layer.bias, f"{name}.bias", to_picture if layout is to_picture else plain)
        )
    return links


def norm_links(layer: Any, name: str) -> list[Link]:
    if isinstance(layer, ConditionalBatchNormalization):
        half = layer.scale.shape[1]
        return [
            Link(layer.scale, f"{name}.embed.weight", lambda w: w[:, :half]),
            Link(layer.shift, f"{name}.embed.weight", lambda w: w[:, half:]),
        ]
    return [Link(layer.gamma, f"{name}.weight"), Link(layer.beta, f"{name}.bias")]


def attention_links(layer: SelfAttention, name: str = "") -> list[Link]:
    names = {"query": "theta", "key": "phi", "value": "g", "output_projection": "o"}
    if not name:
        names = {
            "query": "snconv1x1_theta",
            "key": "snconv1x1_phi",
            "value": "snconv1x1_g",
            "output_projection": "snconv1x1_o_conv",
        }
    links = [Link(layer.gamma, f"{name}gamma")]
    for ours, theirs in names.items():
        links += weight_links(getattr(layer, ours), name + theirs)
    return links


def residual(given: Arrays, found: Arrays) -> Iterator[Row]:
    images = given["images"].astype(np.float32)
    latents, labels = given["latents"].astype(np.float32), given["labels"].astype(np.int32)
    for case in ("sngan D", "projection D", "sagan D", "sngan G", "projection G", "sagan G"):
        name, network = case.split()
        classes = 0 if name == "sngan" else 3
        architecture = ARCHITECTURES.load("sagan" if name == "sagan" else "sngan")
        spec = ModelSpec(
            32,
            32,
            3,
            6,
            num_classes=classes,
            conditioning="projection" if network == "D" else "batch_norm",
            base_channels=16 if name == "sagan" else 8,
            options=architecture.options,
        )
        model_inputs: list[np.ndarray] = [images if network == "D" else latents]
        if network == "D":
            # The package has its attention at 8 pixels, we at 16.
            level = 2 if name == "sagan" else None
            model = sngan.discriminator(spec, level)
            links = discriminator_links(model)
        else:
            model = architecture.build_generator(spec)
            links = generator_links(model)
        model_inputs += [labels] if classes else []
        load(case, found, links)
        converge(model)
        # Batch statistics of this batch; our spectral norm moves with updates alone.
        run = lambda m=model, i=model_inputs: m(i, training=True)  # noqa: E731
        output = run().numpy()
        if network == "G":
            output = output.transpose(0, 3, 1, 2)
        square = lambda run=run: tf.reduce_mean(tf.square(run()))  # noqa: E731
        yield Row(
            f"{case}, 32 pixels",
            "torch-mimicry",
            relative(output, found[f"{case}|output"]),
            gradient_difference(case, found, links, square),
            tolerance=2e-3,
        )


def discriminator_links(model: keras.Model) -> list[Link]:
    names = [
        *("block1.c1", "block1.c2", "block1.c_sc", "block2.c1", "block2.c2", "block2.c_sc"),
        *("block3.c1", "block3.c2", "block4.c1", "block4.c2"),
    ]
    layers = in_order(model, SpectralConv2D)
    links = [
        link
        for layer, name in zip(layers, names, strict=True)
        for link in weight_links(layer, name)
    ]
    links += weight_links(in_order(model, SpectralDense)[0], "l5")
    for layer in model.layers:
        if layer.name == "label_embedding":
            links.append(Link(layer._embeddings, "l_y.weight"))
        if isinstance(layer, SelfAttention):
            links += attention_links(layer, "attn_block.")
    return links


def generator_links(model: keras.Model) -> list[Link]:
    convolutions = in_order(model, SpectralConv2D, keras.layers.Conv2D)
    norms = in_order(model, ConditionalBatchNormalization)
    last_norm = in_order(model, keras.layers.BatchNormalization)
    norms += last_norm
    blocks = ("block2", "block3", "block4")
    names = [f"{block}.{part}" for block in blocks for part in ("c1", "c2", "c_sc")] + ["c5"]
    norm_names = [f"{block}.{part}" for block in blocks for part in ("b1", "b2")] + ["b5"]
    dense = in_order(model, SpectralDense, keras.layers.Dense)[0]
    links = weight_links(dense, "l1", to_picture)
    for layer, name in zip(convolutions, names, strict=True):
        links += weight_links(layer, name)
    for layer, name in zip(norms, norm_names, strict=True):
        links += norm_links(layer, name)
    for layer in model.layers:
        if isinstance(layer, SelfAttention):
            links += attention_links(layer, "attn_block.")
    return links


def power(given: Arrays, found: Arrays) -> Iterator[Row]:
    layer = SpectralDense(5)
    layer.build([None, 7])
    layer._kernel.assign(kernel(found["power|weight|weight"]))
    layer.left_vector.assign(found["power|start"])
    vectors = []
    for _ in range(3):
        layer.before_update(tf.constant(0))
        vectors.append(layer.left_vector.numpy())
    # Ours takes two steps before an update, theirs one in each of two passes.
    theirs = found["power|vectors"][1::2]
    yield Row("power iteration, 6 steps", "PyTorch", relative(np.array(vectors), theirs))


def stylegan2(given: Arrays, found: Arrays) -> Iterator[Row]:
    architecture = ARCHITECTURES.load("stylegan2")
    options = {**architecture.options, "mapping_layers": 2}
    # Their table of widths: 8, 10 and 12 channels from 16 pixels down.
    spec = _Widths(16, 16, 1, 6, base_channels=8, max_channels=12, options=options)
    generator = architecture.build_generator(spec)
    discriminator = architecture.build_discriminator(spec)
    other = "stylegan2-torch"

    links = style_links(generator)
    load("stylegan2 G", found, links)
    number = lambda layer: int((re.findall(r"_(\d+)$", layer.name) or ["0"])[0])  # noqa: E731
    layers = [layer for layer in layers_within(generator) if isinstance(layer, Noise)]
    for index, layer in enumerate(sorted(layers, key=number)):
        layer.constant.assign(given[f"noise {index}"])
    latents = given["latents"].astype(np.float32)
    run = lambda: generator([latents])  # noqa: E731
    yield Row(
        "stylegan2 G, 16 pixels",
        other,
        relative(run().numpy().transpose(0, 3, 1, 2), found["stylegan2 G|output"]),
        gradient_difference("stylegan2 G", found, links, lambda: tf.reduce_mean(tf.square(run()))),
    )

    memory = {"mean": tf.Variable(MEAN_LENGTH)}

    def generate(seed: tf.Tensor, tape: tf.GradientTape) -> tuple[tf.Tensor, tf.Tensor]:
        styles = mapping_of(generator)(latents)
        tape.watch(styles)
        return styles, synthesis_of(generator)(styles)

    def path_length() -> tf.Tensor:
        memory["mean"].assign(MEAN_LENGTH)
        update = Update(network="generator", seed=SEED, generate=generate, memory=memory)
        return tf.reduce_mean(PENALTIES.load("path_length").value(update))

    yield Row(
        "`path_length`, in `stylegan2`",
        other,
        relative(path_length(), found["path|output"]),
        gradient_difference("path", found, links, path_length),
        tolerance=1e-3,
    )

    links = style_discriminator_links(discriminator)
    load("stylegan2 D", found, links)
    images = tf.constant(given["gray"], tf.float32)
    yield Row(
        "stylegan2 D, 16 pixels",
        other,
        relative(discriminator(images), found["stylegan2 D|output"]),
        gradient_difference(
            "stylegan2 D",
            found,
            links,
            lambda: tf.reduce_mean(tf.square(discriminator(images))),
        ),
    )

    def r1() -> tf.Tensor:
        update = Update(network="discriminator", seed=SEED, real=images, discriminate=discriminator)
        # Theirs is the squared norm, ours a half of it.
        return 2.0 * tf.reduce_mean(PENALTIES.load("r1").value(update))

    yield Row(
        "`r1`, in `stylegan2`",
        other,
        relative(r1(), found["r1|output"]),
        gradient_difference("r1", found, links, r1),
        tolerance=1e-3,
    )
    yield average(found)


class _Widths(ModelSpec):
    def width_at(self, level: int) -> int:
        return (8, 10, 12)[min(level, 2)]


def style_links(generator: keras.Model) -> list[Link]:
    links = []
    for index, layer in enumerate(_equalized(mapping_of(generator), "EqualizedDense")):
        links += [
            Link(layer.kernel, f"mapping.{index + 1}.weight", kernel),
            Link(layer.bias, f"mapping.{index + 1}.bias"),
        ]
    synthesis = synthesis_of(generator)
    constant = next(layer for layer in synthesis.layers if hasattr(layer, "picture"))
    links.append(Link(constant.picture, "input.input", lambda w: w.transpose(0, 2, 3, 1)))
    names = ["convs.0", "up_convs.0", "convs.1", "up_convs.1", "convs.2"]
    convolutions = _equalized(synthesis, "ModulatedConv2D")
    noises = _equalized(synthesis, "Noise")
    for layer, noise, name in zip(convolutions, noises, names, strict=True):
        layout = flipped if name.startswith("up") else kernel
        links += modulated_links(layer, name, layout, f"{name}.leaky_relu.bias")
        links.append(Link(noise.strength, f"{name}.add_noise.weight"))
    for index, layer in enumerate(_equalized(synthesis, "ToImage")):
        links += modulated_links(layer, f"to_rgbs.{index}", kernel, f"to_rgbs.{index}.bias")
    return links


def modulated_links(layer: Any, name: str, layout: Callable, bias: str) -> list[Link]:
    return [
        Link(layer.kernel, f"{name}.weight", layout),
        Link(layer.affine.kernel, f"{name}.affine.weight", kernel),
        Link(layer.affine.bias, f"{name}.affine.bias"),
        Link(layer.bias, bias, lambda w: w.reshape(-1)),
    ]


def _equalized(model: keras.Model, kind: str) -> list[Any]:
    return in_order(model, *{type(own) for own in model.layers if type(own).__name__ == kind})


def style_discriminator_links(model: keras.Model) -> list[Link]:
    convolutions = _equalized(model, "EqualizedConv2D")
    down = _equalized(model, "DownsamplingConv2D")
    dense = _equalized(model, "EqualizedDense")
    # In a residual block, the shortcut is made first.
    names = ["blocks.0.0", "blocks.1.skip.1", "blocks.1.conv.0", "blocks.2.skip.1"]
    names += ["blocks.2.conv.0", "final_conv.0"]
    links = []
    layers = [*zip(convolutions, names, strict=True)]
    layers += [*zip(down, ("blocks.1.down_conv.1", "blocks.2.down_conv.1"), strict=True)]
    for layer, name in layers:
        links.append(Link(layer.kernel, f"{name}.weight", kernel))
        if layer.use_bias:
            stem, number = name.rsplit(".", 1)
            links.append(Link(layer.bias, f"{stem}.{int(number) + 1}.bias"))
    for layer, name, layout in zip(
        dense, ("final_relu", "final_linear"), (from_picture, kernel), strict=True
    ):
        links += [Link(layer.kernel, f"{name}.weight", layout), Link(layer.bias, f"{name}.bias")]
    return links


def average(found: Arrays) -> Row:
    names = sorted(n for n in found if n.startswith("average before|"))
    before, moved, after = (
        [found[n.replace("before", when)] for n in names] for when in ("before", "moved", "after")
    )

    def model(weights: list[np.ndarray]) -> keras.Model:
        inputs = keras.Input([1])
        layer = _Weights([weight.shape for weight in weights])
        built = keras.Model(inputs, layer(inputs))
        built.set_weights(weights)
        return built

    average = model(before)
    update_ema(average, model(moved), tf.constant(0.9))
    differences = [
        relative(w, other) for w, other in zip(average.get_weights(), after, strict=True)
    ]
    return Row("average of the weights", "stylegan2-torch", max(differences))


class _Weights(keras.layers.Layer):
    """Holds weights of these shapes."""

    def __init__(self, shapes: list[tuple[int, ...]]) -> None:
        super().__init__()
        self.shapes = shapes

    def build(self, input_shape: Any) -> None:
        self.held = [self.add_weight(shape=shape) for shape in self.shapes]

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return inputs


def biggan(given: Arrays, found: Arrays) -> Iterator[Row]:
    features = given["features"].astype(np.float32)
    attention = SelfAttention()
    attention.build(features.shape)
    load("attention", found, attention_links(attention))
    converge(attention)
    output = attention(features).numpy().transpose(0, 3, 1, 2)
    other = "pytorch-pretrained-biggan"
    yield Row(
        "self-attention of `biggan` and `sagan`", other, relative(output, found["attention|output"])
    )

    condition = given["latents"].astype(np.float32)
    layer = ProjectedBatchNormalization(epsilon=1e-4)
    layer.build([features.shape, condition.shape])
    links = [
        Link(layer.scale._kernel, "scale.weight", kernel),
        Link(layer.shift._kernel, "offset.weight", kernel),
        # Statistics by truncation: the last of them without.
        Link(layer.normalize.moving_mean, "running_means", lambda w: w[-1]),
        Link(layer.normalize.moving_variance, "running_vars", lambda w: w[-1]),
    ]
    load("batch norm", found, links)
    converge(layer)
    output = layer([features, condition], training=False).numpy().transpose(0, 3, 1, 2)
    yield Row(
        "conditional batch norm of `biggan`", other, relative(output, found["batch norm|output"])
    )


def losses(given: Arrays, found: Arrays) -> Iterator[Row]:
    real, fake = (tf.constant(given[f"{kind} logits"], tf.float32) for kind in ("real", "fake"))
    for case in sorted({name.split("|")[0] for name in found if re.match(r"\w+ [DG]\|", name)}):
        name, network = case.split()
        if name not in LOSSES.names:
            continue
        loss = LOSSES.load(name)
        with tf.GradientTape() as tape:
            tape.watch([real, fake])
            values = (
                loss.discriminator(real, fake, 1.0)
                if network == "D"
                else loss.generator(real, fake)
            )
            total = tf.reduce_mean(values)
        watched = [real, fake] if network == "D" else [fake]
        gradient = np.concatenate(tape.gradient(total, watched))
        other = "torch-mimicry" if name != "non_saturating" else "stylegan2-torch"
        yield Row(
            f"loss `{name}`, {network}",
            other,
            relative(total, found[f"{case}|output"]),
            relative(gradient, found[f"{case}|gradient"]),
        )


class _Given:
    """Hands out given numbers in place of draws."""

    def __init__(self, values: np.ndarray, unit: bool) -> None:
        self.values, self.unit = list(values), unit

    def uniform(self, low: float = 0.0, high: float = 1.0) -> tf.Tensor:
        value = tf.constant(self.values.pop(0), tf.float32)
        return low + (high - low) * value if self.unit else value

    integer = uniform


def diffaugment(given: Arrays, found: Arrays) -> Iterator[Row]:
    images = tf.constant(given["images"], tf.float32)
    for name, policy in POLICIES.items():
        draws = given[f"draws {name}"]
        # They say where a pixel comes from, we where it goes.
        draws = -draws if name == "translation" else draws
        output = policy(images, _Given(draws, unit=name == "color")).numpy()  # type: ignore[arg-type]
        theirs = found[f"{name}|output"]
        other = "lightweight-gan"
        yield Row(f"DiffAugment `{name}`", other, relative(output.transpose(0, 3, 1, 2), theirs))


def adam(given: Arrays, found: Arrays) -> Iterator[Row]:
    variable = keras.Variable(given["adam weight"], dtype="float32")
    optimizer = FusedAdam(0.1, beta_1=0.5, beta_2=0.9, epsilon=1e-12)
    steps = []
    for gradient in given["adam gradients"]:
        optimizer.apply([tf.constant(gradient, tf.float32)], [variable])
        steps.append(variable.numpy())
    yield Row("Adam, 6 steps", "PyTorch", relative(np.array(steps), found["adam|output"]))


def size_rows(found: Arrays) -> Iterator[str]:
    for name in sorted(n for n in found if n.startswith("size|")):
        architecture_name, side, network = name.removeprefix("size|").split()
        architecture = ARCHITECTURES.load(architecture_name)
        spec = size_spec(architecture_name, int(side), network, architecture.options)
        build = architecture.build_generator if network == "G" else architecture.build_discriminator
        with keras.device("cpu"):
            model = build(spec)
        count = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
        theirs = int(found[name])
        verdict = "" if count == theirs else " **differs**"
        label = f"{architecture_name} {network}, {side} pixels"
        yield f"| {label} | {theirs:,} | {count:,}{verdict} |"


def size_spec(name: str, side: int, network: str, options: dict) -> ModelSpec:
    if name == "stylegan2":
        # The package is for one channel; its table has 512 channels up to 64 pixels.
        return ModelSpec(side, side, 1, 512, base_channels=512, max_channels=512, options=options)
    wide = {("G", 32): 256, ("D", 32): 128, ("G", 128): 64, ("D", 128): 64}[network, side]
    classes = 1000 if name == "sagan" else 0
    return ModelSpec(
        side,
        side,
        3,
        128,
        num_classes=classes,
        conditioning="projection" if network == "D" else "batch_norm",
        base_channels=wide,
        max_channels=1024,
        options=options,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else ".reference/bin/python"))
