"""A kernel before it is one: IPython imported, nothing else done, waiting for its orders.

Run as a script, with the kernel's own interpreter and before anybody asks for a kernel. One
line of JSON on standard input holds the arguments, the working folder and the environment
that ``ipykernel_launcher`` would have been started with; only then are configuration, startup
files and history read, as in any kernel. End of file means that no kernel was asked for.
"""

import sys

del sys.path[0]  # this folder; a kernel's own modules must not be found in it

import importlib  # noqa: E402
import json  # noqa: E402
import os  # noqa: E402

USED_BY_KERNELS = (
    "ipykernel.kernelapp",
    "ipykernel.debugger",
    "ipykernel.ipkernel",
    "IPython.core.debugger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "sqlite3",
)
"""What every kernel has imported before its first cell."""


def main() -> None:
    """Import, wait for orders, become the kernel."""
    before = set(os.environ)
    for name in USED_BY_KERNELS:
        importlib.import_module(name)
    line = sys.stdin.buffer.readline()
    if not line:
        os._exit(0)
    orders = json.loads(line)
    # Variables that the imports have set stay, as they do in a kernel started at once.
    for name in before - orders["environment"].keys():
        os.environ.pop(name, None)
    os.environ.update(orders["environment"])
    os.chdir(orders["folder"])
    become_kernel(orders["arguments"])


def become_kernel(arguments: list[str]) -> None:
    """Do what ``python -m ipykernel_launcher`` does after its imports."""
    from importlib.util import find_spec

    from ipykernel import kernelapp

    launcher = find_spec("ipykernel_launcher")
    sys.argv = [launcher.origin if launcher and launcher.origin else "ipykernel_launcher", *arguments]
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    main()
