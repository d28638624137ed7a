"""`python -m benchmarks.install`: make the virtual environment of the one peer that cannot share ours."""

from __future__ import annotations

import subprocess
import sys

from benchmarks.contenders import litellm


def main() -> int:
    """0 when it is there. A failure is no obstacle to the other contenders: the report names the peer as missing."""
    folder = litellm.folder()
    if (folder / "bin" / "litellm").exists():
        return 0
    print(f"installing {litellm.REQUIREMENT} into {folder} (once; about 750 MB) …", file=sys.stderr, flush=True)
    pip = (str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check", litellm.REQUIREMENT)
    for command in ((sys.executable, "-m", "venv", str(folder)), pip):
        if (code := subprocess.run(command, check=False).returncode) != 0:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
