"""Progressive growing: Karras et al. 2018, section 2 and appendix A.

A network has one block for each level: each resolution of the ladder. The level of detail says how
far the network has grown: at the integer l, images are made and judged after l halvings of the full
resolution, and the blocks of finer levels are not computed; between l and l - 1, the block of level
l - 1 fades in. Images keep their full size, coarse ones as blocks of equal pixels, so that
augmentations, penalties and all other code need not know about growing.
"""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import tensorflow as tf

from gan_cli.models.layers.equalized import EqualizedConv2D, EqualizedDense
from gan_cli.models.layers.second_moment import MinibatchStandardDeviation, PixelNormalization
from gan_cli.models.layers.shuffle import repeat_pixels

# Gain of weights before a leaky ReLU without a gain of its own: He et al. 2015.
_HE_GAIN = 2.0**0.5

_ROUNDINGS = (tf.floor, tf.math.ceil)

Size = tuple[int, int]


def level_of_detail(
    images_shown: tf.Tensor, levels: int, stable_kimg: float, fade_kimg: float
) -> tf.Tensor:
    """Returns the number of halvings of the full resolution, fractional while a level fades in.

    It starts at `levels`. Each level is trained for `stable_kimg` before the next one fades in over
    `fade_kimg`, down to 0. With 0 for both, the network is complete from the start.

    Args:
      images_shown: integer scalar.

    Returns:
      float32 scalar in [0, levels].
    """
    stable, period = round(stable_kimg * 1000), round((stable_kimg + fade_kimg) * 1000)
    if period == 0:
        return tf.zeros([])
    shown = tf.cast(images_shown, tf.int64)
    periods = shown // period
    # Integers so far: float32 is exact up to 16.7 million only.
    into_fade = tf.cast(shown % period - stable, tf.float32)
    faded = tf.maximum(into_fade, 0.0) / max(period - stable, 1)
    return tf.maximum(levels - tf.cast(periods, tf.float32) - faded, 0.0)


def halve(images: tf.Tensor) -> tf.Tensor:
    """Averages 2x2 pixels, or fewer at the end of a side of odd length."""
    return tf.nn.avg_pool2d(images, 2, 2, "SAME")


def double(images: tf.Tensor, size: Size) -> tf.Tensor:
    """Repeats each pixel four times, and crops to `size`."""
    return repeat_pixels(images)[:, : size[0], : size[1]]


def _blend(first: tf.Tensor, second: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
    """Interpolates from `first`, at a share of 0 or less, to `second`, at 1 or more."""
    return first + (second - first) * tf.cast(tf.clip_by_value(share, 0.0, 1.0), first.dtype)


class _Growing(keras.layers.Layer):
    """Base of growing networks; `before_update` sets the level of detail from the images shown.

    Args:
      ladder: sizes from the full resolution down; see `resolution.resolution_ladder`.
      widths: channels at every level, and the number of features beyond the coarsest level.
      stable_kimg, fade_kimg: see `level_of_detail`.
    """

    def __init__(
        self,
        ladder: Sequence[Size],
        widths: Sequence[int],
        stable_kimg: float,
        fade_kimg: float,
        **kwargs: Any,
    ) -> None:
        # Images stay float32 in every precision; blocks cast their own inputs.
        super().__init__(autocast=False, **kwargs)
        self.ladder = [(height, width) for height, width in ladder]
        self.widths = list(widths)
        self.stable_kimg, self.fade_kimg = stable_kimg, fade_kimg
        self.top = len(self.ladder) - 1
        self.blocks: list[list[EqualizedConv2D]] = []
        # For counting the operations of the complete network: without branches.
        self.always_whole = False
        self._fixed_detail: float | None = None

    def _add_level_of_detail(self) -> None:
        # An untrained network computes all of its levels.
        self.level_of_detail = self.add_weight(
            shape=[],
            initializer="zeros",
            trainable=False,
            dtype="float32",
            autocast=False,
            name="level_of_detail",
        )

    def _convolution(self, filters: int, kernel_size: int) -> EqualizedConv2D:
        return EqualizedConv2D(
            filters,
            kernel_size,
            activation="leaky_relu",
            gain=_HE_GAIN,
            activation_gain=1.0,
            dtype=self.dtype_policy,
        )

    def layers_by_level(self) -> list[tuple[int, str, keras.layers.Layer]]:
        """Returns the layers within, each with its level, 0 being the finest, and its role."""
        return [
            (level, "block", layer) for level, layers in enumerate(self.blocks) for layer in layers
        ]

    def before_update(self, images_shown: tf.Tensor) -> None:
        """Sets the level of detail."""
        self.level_of_detail.assign(
            level_of_detail(images_shown, self.top, self.stable_kimg, self.fade_kimg)
        )

    def begins_stage(self, images_before: tf.Tensor, images_shown: tf.Tensor) -> tf.Tensor:
        """Returns whether a level begins or ends to fade in, as in the authors' code."""
        before, now = (
            level_of_detail(images, self.top, self.stable_kimg, self.fade_kimg)
            for images in (tf.maximum(images_before, 0), images_shown)
        )
        floors, ceilings = (tf.not_equal(whole(before), whole(now)) for whole in _ROUNDINGS)
        return tf.logical_or(floors, ceilings)

    @property
    def inner_activation_bytes(self) -> int:
        """Bytes of the outputs of all blocks' convolutions, for one image and the whole network."""
        values = sum(
            height * width * layer.filters
            for (height, width), layers in zip(self.ladder, self.blocks, strict=False)
            for layer in layers
        )
        return values * tf.as_dtype(self.compute_dtype).size

    def fix_for_export(self) -> None:
        """Keeps to the present branch: formats for inference have no branches."""
        self._fixed_detail = float(self.level_of_detail)

    def _by_stage(self, make: Callable[[int, tf.Tensor], tf.Tensor]) -> tf.Tensor:
        """Returns `make(level, detail)` of the finest level in use and the level of detail.

        There is one branch for each level, and they are not nested: TensorFlow takes minutes to
        build the gradient of a gradient through nested conditions.
        """
        if self.always_whole:
            return make(0, tf.zeros([]))
        if self._fixed_detail is not None:
            return make(int(self._fixed_detail), tf.constant(self._fixed_detail))
        detail = tf.convert_to_tensor(self.level_of_detail)
        branches = [lambda level=level: make(level, detail) for level in range(self.top + 1)]
        return tf.switch_case(tf.cast(tf.floor(detail), tf.int32), branches)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {
            "ladder": self.ladder,
            "widths": self.widths,
            "stable_kimg": self.stable_kimg,
            "fade_kimg": self.fade_kimg,
        }


@keras.saving.register_keras_serializable("gan_cli")
class GrowingGenerator(_Growing):
    """From [batch, n] to float32 images [batch, height, width, channels]: table 2, left.

    A leaky ReLU and pixel normalisation follow every convolution; an image is a linear function of
    the features of a level.
    """

    def __init__(self, channels: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channels = channels
        self.first = EqualizedDense(
            self.ladder[-1][0] * self.ladder[-1][1] * self.widths[self.top],
            use_bias=False,
            # A quarter of He's gain, as in the authors' code.
            gain=_HE_GAIN / 4.0,
            dtype=self.dtype_policy,
        )
        self.first_bias = _Bias(dtype=self.dtype_policy)
        self.normalize = PixelNormalization(dtype=self.dtype_policy)
        self.blocks = [
            [self._convolution(self.widths[level], 3) for _ in range(1 if level == self.top else 2)]
            for level in range(self.top + 1)
        ]
        self.to_image = [EqualizedConv2D(channels, 1, dtype=self.dtype_policy) for _ in self.ladder]

    def build(self, input_shape: Any) -> None:
        self.first.build(input_shape)
        width = self.widths[self.top]
        self.first_bias.build([None, *self.ladder[-1], width])
        for level in range(self.top, -1, -1):
            for layer in self.blocks[level]:
                layer.build([None, *self.ladder[level], width])
                width = self.widths[level]
            self.to_image[level].build([None, *self.ladder[level], width])
        self._add_level_of_detail()

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        width = self.widths[self.top]
        x = self.first(inputs)
        x = tf.reshape(x, [-1, *self.ladder[-1], width])
        x = self.normalize(self.first_bias(x))
        return self._by_stage(lambda level, detail: self._grown(x, level, detail))

    def _grown(self, x: tf.Tensor, finest: int, detail: tf.Tensor) -> tf.Tensor:
        """Returns images of the blocks up to level `finest`, which may still be fading in."""
        for level in range(self.top, finest - 1, -1):
            below = x
            if level < self.top:
                x = double(x, self.ladder[level])
            for layer in self.blocks[level]:
                x = self.normalize(layer(x))
        images = self._image(x, finest)
        if finest < self.top:
            before = double(self._image(below, finest + 1), self.ladder[finest])
            images = _blend(images, before, detail - finest)
        for finer in range(finest - 1, -1, -1):
            images = double(images, self.ladder[finer])
        return images

    def _image(self, x: tf.Tensor, level: int) -> tf.Tensor:
        return tf.cast(self.to_image[level](x), tf.float32)

    def layers_by_level(self) -> list[tuple[int, str, keras.layers.Layer]]:
        first = [(self.top, "first", layer) for layer in (self.first, self.first_bias)]
        images = [(level, "to_image", layer) for level, layer in enumerate(self.to_image)]
        return first + super().layers_by_level() + images

    def compute_output_spec(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor([inputs.shape[0], *self.ladder[0], self.channels], "float32")

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"channels": self.channels}


@keras.saving.register_keras_serializable("gan_cli")
class _Bias(keras.layers.Layer):
    """Adds a bias and applies a leaky ReLU of slope 0.2."""

    def build(self, input_shape: Any) -> None:
        self.bias = self.add_weight(shape=[input_shape[-1]], initializer="zeros", name="bias")

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        return tf.nn.leaky_relu(inputs + tf.convert_to_tensor(self.bias), 0.2)


@keras.saving.register_keras_serializable("gan_cli")
class GrowingDiscriminator(_Growing):
    """From images [batch, height, width, channels] to features [batch, n]: table 2, right.

    Every level reads the image by a 1x1 convolution of its own. While a level fades in, the next
    coarser level sees a blend of that level's features and of the image at its own resolution.
    """

    def __init__(self, group_size: int = 4, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.group_size = group_size
        self.from_image = [self._convolution(self.widths[i], 1) for i in range(self.top + 1)]
        self.blocks = [
            [self._convolution(self.widths[i], 3), self._convolution(self.widths[i + 1], 3)]
            for i in range(self.top)
        ]
        self.compare = MinibatchStandardDeviation(group_size, dtype=self.dtype_policy)
        self.last = self._convolution(self.widths[self.top], 3)
        self.to_features = EqualizedDense(
            self.widths[self.top + 1],
            activation="leaky_relu",
            gain=_HE_GAIN,
            activation_gain=1.0,
            dtype=self.dtype_policy,
        )

    def build(self, input_shape: Any) -> None:
        for level, size in enumerate(self.ladder):
            self.from_image[level].build([None, *size, input_shape[-1]])
        for level, (first, second) in enumerate(self.blocks):
            first.build([None, *self.ladder[level], self.widths[level]])
            second.build([None, *self.ladder[level], self.widths[level]])
        height, width = self.ladder[self.top]
        self.last.build([None, height, width, self.widths[self.top] + 1])
        self.to_features.build([None, height * width * self.widths[self.top]])
        self._add_level_of_detail()

    def call(self, inputs: tf.Tensor) -> tf.Tensor:
        images = self._pyramid(tf.cast(inputs, tf.float32))
        x = self._by_stage(lambda level, detail: self._read(images, level, detail))
        x = self.last(self.compare(x))
        return self.to_features(tf.reshape(x, [-1, x.shape[1] * x.shape[2] * x.shape[3]]))

    def _pyramid(self, images: tf.Tensor) -> list[tf.Tensor]:
        """Returns the images at every resolution of the ladder."""
        pyramid = [images]
        for _ in range(self.top):
            pyramid.append(halve(pyramid[-1]))
        return pyramid

    def _read(self, images: list[tf.Tensor], finest: int, detail: tf.Tensor) -> tf.Tensor:
        """Returns features at the coarsest level, by the blocks from level `finest` on."""
        x = self.from_image[finest](images[finest])
        for level in range(finest, self.top):
            for layer in self.blocks[level]:
                x = layer(x)
            x = halve(x)
            if level == finest:
                x = _blend(x, self.from_image[level + 1](images[level + 1]), detail - level)
        return x

    def view_of_reals(self, images: tf.Tensor) -> tf.Tensor:
        """Returns real images that are as coarse as generated ones are now, and faded like them.

        Args:
          images: float32, of full size, as is the result.
        """
        detail = tf.convert_to_tensor(self.level_of_detail)
        views = []
        for level, coarse in enumerate(self._pyramid(images)):
            view = coarse
            for finer in range(level - 1, -1, -1):
                view = double(view, self.ladder[finer])
            # At most two weights, those of neighbouring levels, are not 0; they sum to 1.
            views.append(view * tf.maximum(1.0 - tf.abs(detail - level), 0.0))
        return tf.add_n(views)

    def layers_by_level(self) -> list[tuple[int, str, keras.layers.Layer]]:
        images = [(level, "from_image", layer) for level, layer in enumerate(self.from_image)]
        last = [(self.top, "last", layer) for layer in (self.last, self.to_features)]
        return images + super().layers_by_level() + last

    def compute_output_spec(self, inputs: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor([inputs.shape[0], self.widths[-1]], self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return super().get_config() | {"group_size": self.group_size}
