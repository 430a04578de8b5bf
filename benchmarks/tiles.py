"""Collects photographs and textures that Python packages bring, to be cut into tiles.

python -m benchmarks.tiles FOLDER [PICTURE]

Copies two photographs of scikit-learn (china, flower: CC BY 2.0, danielbuechele and vultilion) and
three textures of scikit-image (brick, grass, gravel: CC0) into FOLDER; packages that are not
installed are named and left out. With PICTURE, draws tiles of 128 pixels, brought to 64, as
`data.tiles: {size: 128, stride: 16}` cuts them. Five images teach no generator what photographs
look like: this shows what tiles are. Larger sets of Debian are named in docs/data.md.
"""

import importlib.util
import shutil
import sys
from pathlib import Path

import numpy as np

from gan_cli.config.schema import DataConfig
from gan_cli.data.dataset import open_whole
from gan_cli.domains.grid import image_grid

IMAGES = {
    "sklearn": ("datasets/images", ("china.jpg", "flower.jpg")),
    "skimage": ("data", ("brick.png", "grass.png", "gravel.png")),
}
_ROWS, _COLUMNS = 4, 16


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for package, (below, names) in IMAGES.items():
        found = importlib.util.find_spec(package)
        if found is None or found.origin is None:
            print(f"{package} is not installed: {', '.join(names)} are left out")
            continue
        for name in names:
            shutil.copyfile(Path(found.origin).parent / below / name, folder / name)
    if len(sys.argv) > 2:
        draw(folder, Path(sys.argv[2]))


def draw(folder: Path, picture: Path) -> None:
    """Draws some tiles of each image, in the order in which they are cut."""
    config = DataConfig.model_validate(
        {
            "source": "folder",
            "path": str(folder),
            "tiles": {"size": 128, "stride": 16},
            "image_size": 64,
            "channels": 3,
        },
        strict=False,
    )
    images = open_whole(config).images
    chosen = np.random.default_rng(0).choice(len(images), _ROWS * _COLUMNS, replace=False)
    image_grid(images[np.sort(chosen)], _COLUMNS).save(picture, quality=90)
    print(f"{len(images):,} tiles; {len(chosen)} of them in {picture}")


if __name__ == "__main__":
    main()
