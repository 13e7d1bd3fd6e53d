"""Make `.venv` from the lock file. Runs with any Python 3, before anything is installed.

pip is only started when the lock file is another one than last time: a file in `.venv` says which it was.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LOCK_FILE = os.path.join(ROOT, "requirements.lock")
VENV = os.path.join(ROOT, ".venv")
VENV_PYTHON = os.path.join(VENV, "bin", "python")
STAMP = os.path.join(VENV, "installed-lock.sha256")
# The lock file is made for the first; the others are tried where it is missing.
PYTHONS = ("python3.11", "python3.12", "python3.13", "python3")


def main() -> int:
    """Exit code 0: `.venv` fits the lock file."""
    if is_current():
        return 0
    with open(LOCK_FILE) as lock:  # Two starts at once: the second waits, then finds it done.
        fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if is_current() else install()


def is_current() -> bool:
    if not os.path.exists(STAMP):
        return False
    with open(STAMP) as file:
        return file.read() == wanted_stamp() and works(VENV_PYTHON)


def wanted_stamp() -> str:
    with open(LOCK_FILE, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def works(python: str) -> bool:
    """Whether it starts and is recent enough; a launcher of a version that is not installed does not."""
    try:
        check = "import sys; sys.exit(sys.version_info < (3, 11))"
        return subprocess.call([python, "-c", check], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def install() -> int:
    started = time.time()
    if not works(VENV_PYTHON) and not make_venv():
        return 1
    print(f"Installing {count_packages()} Python packages into .venv (once; a minute or two) …", flush=True)
    pip = [VENV_PYTHON, "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "-qq"]
    if subprocess.call([*pip, "--require-hashes", "-r", LOCK_FILE], stdin=subprocess.DEVNULL) != 0:
        print("The packages could not be installed: see above.", file=sys.stderr)
        return 1
    with open(STAMP, "w") as file:
        file.write(wanted_stamp())
    print(f"  done in {time.time() - started:.0f} s", flush=True)
    return 0


def make_venv() -> bool:
    found = [path for path in map(shutil.which, PYTHONS) if path and works(path)]
    if not found:
        print("Python 3.11 or newer is needed, and none is in PATH.", file=sys.stderr)
        return False
    shutil.rmtree(VENV, ignore_errors=True)
    print(f"Making .venv with {found[0]} …", flush=True)
    if subprocess.call([found[0], "-m", "venv", VENV]) != 0:
        print("No .venv could be made (on Debian: apt-get install python3-venv).", file=sys.stderr)
        return False
    return True


def count_packages() -> int:
    with open(LOCK_FILE) as file:
        return sum("==" in line and not line.startswith((" ", "#")) for line in file)


if __name__ == "__main__":
    sys.exit(main())
