"""Gets what the benchmark compares with: Debian's PyTorch, a current wheel, and libraries that make PyTorch faster.

The wheel and the libraries go to a cache folder of their own: nothing that other programs use changes, above all not
the machine's choice of BLAS.
"""

import os
import shutil
import subprocess

APT_PACKAGES = ["python3-torch", "python3-numpy", "python3-venv"]
LIBRARY_PACKAGES = ["libopenblas0-openmp", "libjemalloc2", "libtcmalloc-minimal4"]
CPU_INDEX = "https://download.pytorch.org/whl/cpu"


def cache_dir():
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "thaw-bench")


def default_venv():
    return os.environ.get("THAW_BENCH_VENV") or os.path.join(cache_dir(), "torch")


def succeeds(*command, **options):
    print("+", " ".join(command), flush=True)
    return subprocess.run(command, **options).returncode == 0


def install_debian_torch():
    root = [] if os.geteuid() == 0 else ["sudo"]
    install = [*root, "apt-get", "install", "-y", "--no-install-recommends", *APT_PACKAGES]
    return succeeds(*install) or (succeeds(*root, "apt-get", "update") and succeeds(*install))


def install_wheel(venv):
    """A current PyTorch: the CPU build where PyTorch's own index answers (0.2 GB), else PyPI's CUDA build (5.4 GB).

    PyPI's build does not load without the CUDA libraries it depends on, so all of them come along.
    """
    pip = os.path.join(venv, "bin", "pip")
    if not os.path.exists(pip) and not succeeds("/usr/bin/python3", "-m", "venv", venv):
        return False
    python = os.path.join(venv, "bin", "python")
    if succeeds(python, "-c", "import torch, numpy", stderr=subprocess.DEVNULL):
        return True
    # numpy comes from PyPI in any case: the index above need not have it.
    if not succeeds(pip, "install", "numpy"):
        return False
    quick = ["--timeout", "15", "--retries", "0"]
    return succeeds(pip, "install", *quick, "--index-url", CPU_INDEX, "torch") or succeeds(pip, "install", "torch")


def unpack_libraries(folder):
    """OpenBLAS and two allocators, unpacked rather than installed; they are switched on per process."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for package in LIBRARY_PACKAGES:
        succeeds("apt-get", "download", package, cwd=folder)
    for name in os.listdir(folder):
        succeeds("dpkg-deb", "-x", name, ".", cwd=folder)


def setup(venv):
    """Installs all of it; what cannot be had is said and left out of the comparison."""
    if not install_debian_torch():
        print("python3-torch: not installed")
    if not install_wheel(venv):
        print("PyTorch 2.x: not installed")
    unpack_libraries(os.path.join(cache_dir(), "libraries"))
