"""A page that draws images with `generator.onnx`: `python app.py`, or a Hugging Face Space.

`gan-sample --export hub` copies this file as it is. It needs no gan-cli; what it has to know about
the generator stands in the metadata of the ONNX file. A seed gives the picture that gan-sample
draws for it.
"""

import json
from pathlib import Path
from statistics import NormalDist

import gradio
import numpy as np
import onnxruntime
from PIL import Image

MOST_IMAGES = 16
# Small images are enlarged, pixel by pixel, to about this many.
_COMFORTABLE_PIXELS = 256
_NO_TRUNCATION = 2.0


class Generator:
    """The generator of an ONNX file.

    Attributes:
      class_names: empty for an unconditional generator.
      truncates_latents: whether latents that are cut off make cleaner images.
    """

    def __init__(self, path: Path):
        self._session = onnxruntime.InferenceSession(
            str(path), providers=onnxruntime.get_available_providers()
        )
        about = self._session.get_modelmeta().custom_metadata_map
        self.name = about["name"]
        self.class_names: list[str] = json.loads(about.get("class_names", "[]"))
        self.truncates_latents: bool = json.loads(about["truncates_latents"])
        self._is_uniform = about["latent_distribution"] == "uniform"
        latents = next(each for each in self._session.get_inputs() if each.name == "latents")
        self._latent_dim: int = latents.shape[1]

    def images(self, seeds: list[int], label: int, truncation: float | None) -> list[Image.Image]:
        """Returns one image for each seed.

        Args:
          label: number of the class; without effect on an unconditional generator.
          truncation: bound of the latents; None: none.
        """
        inputs = {"latents": np.stack([self._latent(seed, truncation) for seed in seeds])}
        if self.class_names:
            inputs["labels"] = np.full(len(seeds), label, np.int32)
        (made,) = self._session.run(["images"], inputs)
        pixels = np.clip(np.round((made + 1.0) * 127.5), 0, 255).astype(np.uint8)
        return [_picture(each) for each in pixels]

    def _latent(self, seed: int, truncation: float | None) -> np.ndarray:
        draw = np.random.default_rng(seed)
        if self._is_uniform:
            latent = draw.uniform(-1.0, 1.0, self._latent_dim)
            return (latent * (truncation or 1.0)).astype(np.float32)
        latent = draw.standard_normal(self._latent_dim)
        if truncation is not None:
            # N(0, 1) cut off at the bound, by ranks: Brock et al. 2019, section 3.1.
            law = NormalDist()
            low, tiny = law.cdf(-truncation), 2.0**-53
            ranks = [low + (1.0 - 2.0 * low) * law.cdf(value) for value in latent]
            latent = np.array([law.inv_cdf(min(max(rank, tiny), 1.0 - tiny)) for rank in ranks])
        return latent.astype(np.float32)


def _picture(pixels: np.ndarray) -> Image.Image:
    picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
    factor = max(1, _COMFORTABLE_PIXELS // max(picture.size))
    size = (picture.width * factor, picture.height * factor)
    return picture.resize(size, Image.Resampling.NEAREST)


def build_page(generator: Generator) -> gradio.Blocks:
    """Returns the page: a seed, a class, a truncation and the pictures that they give."""
    names = generator.class_names

    def draw(
        seed: float, count: float, name: str | None, truncation: float
    ) -> list[tuple[Image.Image, str]]:
        first, number = max(0, int(seed or 0)), min(max(1, int(count)), MOST_IMAGES)
        bound = truncation if truncation < _NO_TRUNCATION else None
        seeds = list(range(first, first + number))
        label = names.index(name) if names and name in names else 0
        return [
            (picture, f"seed {each}")
            for picture, each in zip(generator.images(seeds, label, bound), seeds, strict=True)
        ]

    with gradio.Blocks(title=generator.name) as page:
        gradio.Markdown(f"# {generator.name}\nEvery image below is generated.")
        with gradio.Row():
            seed = gradio.Number(0, label="First seed", precision=0, minimum=0)
            count = gradio.Slider(1, MOST_IMAGES, value=8, step=1, label="Images")
            name = gradio.Dropdown(
                names, value=names[0] if names else None, label="Class", visible=bool(names)
            )
            truncation = gradio.Slider(
                0.1,
                _NO_TRUNCATION,
                value=_NO_TRUNCATION,
                step=0.1,
                label=f"Truncation ({_NO_TRUNCATION:g}: none)",
                visible=generator.truncates_latents,
            )
        pictures = gradio.Gallery(label="Images", columns=4, format="png")
        inputs = [seed, count, name, truncation]
        gradio.Button("Draw").click(draw, inputs, pictures, api_name="draw")
        page.load(draw, inputs, pictures)
    return page


if __name__ == "__main__":
    build_page(Generator(Path(__file__).parent / "generator.onnx")).launch()
