"""All modes of gan-sample. Each is one module, which holds the mode's own flags."""

from gan_cli.cli.sampling import export, inspect, pictures, walk
from gan_cli.cli.sampling.mode import Mode

# The order is that of --help.
MODES: tuple[Mode, ...] = (pictures.MODE, walk.MODE, export.MODE, inspect.MODE)
