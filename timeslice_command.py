"""The installed command `timeslice`: calls the package under whichever name it has here.

The wheel carries the folder ``server/`` as ``timeslice_lab``, so that it can be installed beside anybody's own package
``server``; a clone (an editable install) has it as ``server``. ``python -m timeslice_lab`` and ``python -m server`` are
the same command.
"""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec


def package() -> str:
    """The name of the package that is installed: ``timeslice_lab`` from a wheel, ``server`` in a clone."""
    return "timeslice_lab" if find_spec("timeslice_lab") is not None else "server"


def main() -> int:
    """Runs the command with this process's arguments; its exit status (0 done, 1 failed, 2 asked wrongly)."""
    return int(import_module(f"{package()}.cli.main").main())


if __name__ == "__main__":
    sys.exit(main())
