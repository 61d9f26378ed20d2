"""The Python that runs the peers: a scratch virtual environment, made when asked for."""
import os
import subprocess
import sys

CPU_INDEX = "https://download.pytorch.org/whl/cpu"  # 1 GB; PyPI's PyTorch brings CUDA's libraries, 5 GB in all


class Trouble(Exception):
    """What the user is told in one sentence."""


def python_of(folder):
    return os.path.join(folder, "bin", "python")


def imports(python, package):
    return subprocess.run([python, "-c", f"import {package}"], capture_output=True).returncode == 0


def find(folder):
    """The Python that has the peers: the environment's, else the one that runs this; None without PyTorch."""
    candidates = [python_of(folder)] if os.path.exists(python_of(folder)) else [sys.executable]
    return next((python for python in candidates if imports(python, "torch")), None)


def pip(python, *words):
    return subprocess.run([sys.executable, "-m", "pip", "--python", python, "install", "-q", "--disable-pip-version-check", *words], stdout=sys.stderr)


def install(folder):
    """Makes the environment. The pip that is here serves, since Debian's Python cannot put one into an environment."""
    python = python_of(folder)
    if os.path.exists(python) and imports(python, "torch"):
        return
    if not imports(sys.executable, "pip"):
        raise Trouble(f"{sys.executable} has no pip to install the peers with: on Debian, apt-get install python3-pip")
    print(f"installing PyTorch and JAX into {folder}", file=sys.stderr)
    if subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder]).returncode:
        raise Trouble(f"a virtual environment could not be made in {folder}")
    if pip(python, "--retries", "0", "--index-url", CPU_INDEX, "torch").returncode:
        print("PyTorch's own index cannot be reached: PyPI's build serves as well, with 5 GB of CUDA's libraries", file=sys.stderr)
        if pip(python, "torch").returncode:
            raise Trouble("PyTorch could not be installed; what pip said is above")
    pip(python, "numpy", "setuptools")  # torch.compile uses them, PyTorch does not ask for them
    if pip(python, "jax", "optax").returncode:
        print("JAX could not be installed; the others do without", file=sys.stderr)
