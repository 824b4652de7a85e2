"""Set up `.venv` from the lock file; with `--system` what the browser and PDF tests need, with `--spark` what Spark needs.

Run by make.  Works with nothing but Python and a package registry.
"""

import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV, SPARK_VENV = ROOT / ".venv", ROOT / ".venv-spark"
SYSTEM = {
    "chromium": "chromium",
    "libpango-1.0-0": "",
    "libpangoft2-1.0-0": "",
}
JAVA = {"openjdk-17-jre-headless": "java"}
"""Debian package -> the command it brings; empty for a library."""


def main() -> None:
    """Install the Python packages, or with `--system` the system ones, or with `--spark` what Spark needs."""
    if "--system" in sys.argv:
        system_packages(SYSTEM, "Browser and PDF tests")
        return
    if sys.version_info < (3, 11):
        sys.exit("Fourthstep needs Python 3.11 or newer: make PYTHON=python3.11 demo")
    if "--spark" not in sys.argv:
        environment(VENV, "requirements.lock")
        return
    system_packages(JAVA, "Tests on Spark")
    try:
        environment(SPARK_VENV, "requirements-spark.lock")
    except subprocess.CalledProcessError:
        print("Tests on Spark are skipped: pip could not install requirements-spark.lock, for the reason above.")
        shutil.rmtree(SPARK_VENV)


def environment(venv_folder: Path, lock: str) -> None:
    """A virtual environment with what a lock file names, and with this project."""
    python = venv_folder / "bin" / "python"
    if not python.exists():
        venv.create(venv_folder, with_pip=True)
    pip(python, "install", "--quiet", "--require-hashes", "-r", str(ROOT / lock))
    pip(python, "install", "--quiet", "--no-deps", "--no-build-isolation", "--editable", str(ROOT))


def pip(python: Path, *arguments: str) -> None:
    """Run pip of a virtual environment."""
    subprocess.run([python, "-m", "pip", "--disable-pip-version-check", *arguments], check=True)  # noqa: S603


def system_packages(wanted: dict[str, str], tests: str) -> None:
    """Install Debian packages where we may; otherwise name the command, and the tests that are skipped without them."""
    missing = [package for package, command in wanted.items() if not installed(package, command)]
    if not missing:
        return
    command = f"apt-get install -y --no-install-recommends {' '.join(missing)}"
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        print(f"{tests} are skipped until this was run as root: {command}")
        return
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt, "update", "-qq"], check=False, env=quiet)  # noqa: S603
    done = subprocess.run([apt, *command.split()[1:], "-qq"], check=False, env=quiet)  # noqa: S603
    if done.returncode:
        print(f"Could not install {', '.join(missing)}: {tests[0].lower()}{tests[1:]} are skipped with that reason.")


def installed(package: str, command: str) -> bool:
    """Is a system package there?"""
    if command:
        return shutil.which(command) is not None
    library = package.removeprefix("lib").removesuffix("-0")
    from ctypes.util import find_library  # noqa: PLC0415

    return find_library(library) is not None


if __name__ == "__main__":
    main()
