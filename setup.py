"""Puts the configs and their JSON schema into the wheel; pyproject.toml has all the rest."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfigs(build_py):
    """Copies `configs/` into the package, unless the package is used where it is."""

    def run(self) -> None:
        super().run()
        if not self.editable_mode:
            folder = Path(self.build_lib) / "gan_cli" / "configs"
            shutil.copytree(Path(__file__).parent / "configs", folder, dirs_exist_ok=True)


setup(cmdclass={"build_py": BuildWithConfigs})
