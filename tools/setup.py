"""Set up `.venv` from the lock file; with `--system`, also what the browser and PDF tests need.

Run by make.  Works with nothing but Python and a package registry.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
SYSTEM = {
    "chromium": "chromium",
    "libpango-1.0-0": "",
    "libpangoft2-1.0-0": "",
}
"""Debian package -> the command it brings; empty for a library."""


def main() -> None:
    """Install the Python packages, or with `--system` the system ones."""
    if "--system" in sys.argv:
        system_packages()
        return
    if sys.version_info < (3, 11):
        sys.exit("Fourthstep needs Python 3.11 or newer: make PYTHON=python3.11 demo")
    if not PYTHON.exists():
        venv.create(VENV, with_pip=True)
    pip("install", "--quiet", "--require-hashes", "-r", str(ROOT / "requirements.lock"))
    pip("install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def pip(*arguments: str) -> None:
    """Run pip of the virtual environment."""
    subprocess.run([PYTHON, "-m", "pip", "--disable-pip-version-check", *arguments], check=True)  # noqa: S603


def system_packages() -> None:
    """Install Chromium and the text libraries for PDF, where we may; otherwise name the command."""
    missing = [package for package, command in SYSTEM.items() if not installed(package, command)]
    if not missing:
        return
    command = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print(f"Browser and PDF tests are skipped until this was run as root: {command}")
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt, "update", "-qq"], check=False, env=environment)  # noqa: S603
    done = subprocess.run([apt, *command.split()[1:], "-qq"], check=False, env=environment)  # noqa: S603
    if done.returncode:
        print(f"Could not install {', '.join(missing)}: browser and PDF tests are skipped with that reason.")


def installed(package: str, command: str) -> bool:
    """Is a system package there?"""
    if command:
        return shutil.which(command) is not None
    library = package.removeprefix("lib").removesuffix("-0")
    from ctypes.util import find_library  # noqa: PLC0415

    return find_library(library) is not None


if __name__ == "__main__":
    main()
