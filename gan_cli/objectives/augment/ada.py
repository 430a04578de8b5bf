"""ADA's augmentations: Karras et al. 2020, section 2 and appendix B.

Every transform is applied with probability p, drawn independently for each image and transform.
`blit` moves pixels onto pixels, `geometry` scales, rotates, stretches and shifts, and `color`
changes colours. Together they are the `bgc` pipeline, which is the paper's choice. `cutout` hides a
rectangle; `half_color` is `color` at half the probability (Huang et al. 2024, the authors' code).
"""

from collections.abc import Sequence

import tensorflow as tf

from gan_cli.objectives.augment import ada_color, ada_cutout, ada_geometry
from gan_cli.objectives.augment.augmentation import Augmentation
from gan_cli.objectives.augment.draws import Draws
from gan_cli.objectives.augment.homogeneous import compose
from gan_cli.objectives.augment.warp import blit, warp

UNIFORMS = ada_geometry.BLIT_UNIFORMS + ada_geometry.WARP_UNIFORMS + ada_color.COLOR_UNIFORMS
NORMALS = ada_geometry.WARP_NORMALS + ada_color.COLOR_NORMALS


def move(images: tf.Tensor, blits: ada_geometry.Blit, warps: ada_geometry.Warp) -> tf.Tensor:
    """Blits all images, and warps those with a warp, which combines both maps in one."""
    onto_pixels = blits.source()
    moved = blit(images, onto_pixels)
    chosen = tf.where(warps.moves())[:, 0]
    source = tf.gather(compose(onto_pixels, warps.source()), chosen)
    warped = warp(tf.gather(images, chosen), source)
    return tf.tensor_scatter_nd_update(moved, chosen[:, None], warped)


def ada(
    images: tf.Tensor, probability: tf.Tensor, seed: tf.Tensor, policies: Sequence[str]
) -> tf.Tensor:
    """Moves the pixels of images, changes their colours, and hides a part of them.

    See `Augmentation.apply`.
    """
    height, width = images.shape[1:3]
    draws = Draws(seed, tf.shape(images)[0], UNIFORMS, NORMALS)
    never = tf.zeros_like(probability)
    chances = {name: probability if name in policies else never for name in ADA.policies}
    if "half_color" in policies:
        chances["color"] = probability / 2.0
    blits = ada_geometry.draw_blit(draws, height, width, chances["blit"])
    warps = ada_geometry.draw_warp(draws, height, width, chances["geometry"])
    images = move(images, blits, warps)
    images = ada_color.recolor(images, ada_color.draw_color(draws, chances["color"]))
    if "cutout" not in policies:
        return images
    # Draws of its own, so that it changes nothing about those of the other policies.
    draws = Draws(tf.random.fold_in(seed, 1), tf.shape(images)[0], ada_cutout.CUTOUT_UNIFORMS)
    return ada_cutout.cut(images, ada_cutout.draw_cutout(draws, probability))


ADA = Augmentation(
    ada,
    ("blit", "geometry", "color"),
    further_policies=("half_color", "cutout"),
    alternatives=(("color", "half_color"),),
    default_probability=0.0,
    adaptive=True,
    automatic=True,
    # Section 2.2. At 1 no image is left as it was: all turns and tints are equally likely.
    leaks_above=0.8,
)
