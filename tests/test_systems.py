"""Systems that gan-cli does not run on."""

import subprocess
import sys

# As a Windows without POSIX would import a command.
CODE = """
import sys
sys.platform = "win32"
from gan_cli.cli.train import entry_point
"""


def test_windows_is_refused_in_one_line():
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.splitlines() == [
        "ImportError: gan-cli runs on Linux and macOS; on Windows, install and run it in WSL 2"
    ]
