"""All modes of gan-sample. Each is one module, which holds the mode's own flags."""

from gan_cli.cli.sampling import (
    dataset,
    directions,
    explore,
    export,
    inpaint,
    inspect,
    pictures,
    project,
    sheet,
    super_resolve,
    walk,
)
from gan_cli.cli.sampling.mode import Mode

# The order is that of --help.
MODES: tuple[Mode, ...] = (
    pictures.MODE,
    walk.MODE,
    directions.MODE,
    sheet.MODE,
    dataset.MODE,
    project.MODE,
    inpaint.MODE,
    super_resolve.MODE,
    explore.MODE,
    export.MODE,
    inspect.MODE,
)
