"""What a number was measured on, without saying whose machine it is."""

import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import torch

# What decides how fast int8 and bf16 run.
_FLAGS = ("avx2", "avx512_f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8")
_PACKAGES = ("torch", "numpy", "scikit-learn", "scikit-image", "scipy")


def describe() -> dict[str, object]:
    """The machine and the software, ready for JSON; holds no path, host name or user name.

    Keys: cpu (model), cores (physical, null where unknown), logical_cores, cpu_flags (those that
    speed up small number formats), torch_threads, memory_bytes, gpu (name or null), os, python,
    versions ({package: version or null}), commit (of facelib's checkout; "+dirty" when files
    differ from it; null when facelib is no checkout or git is missing).
    """
    import psutil  # a machine that only trains may do without

    # not in every torch we run on
    capabilities = getattr(torch.cpu, "get_capabilities", dict)()
    versions = {name: _version(name) for name in _PACKAGES}
    return {
        "cpu": _cpu_model() or str(capabilities.get("cpu_name") or platform.machine()),
        "cores": psutil.cpu_count(logical=False),
        "logical_cores": os.cpu_count(),
        "cpu_flags": [flag for flag in _FLAGS if capabilities.get(flag)],
        "torch_threads": torch.get_num_threads(),
        "memory_bytes": psutil.virtual_memory().total,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
        "os": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "versions": versions | {"facelib": _version("compact-face-course")},
        "commit": _commit(Path(__file__).resolve().parents[2]),
    }


def _cpu_model() -> str:
    """Linux says it in a file; other systems through torch's capabilities."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text("utf-8", "replace").splitlines() if info.is_file() else []
    models = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(models, "")


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _commit(root: Path) -> str | None:
    """The commit checked out at `root`, if `root` is a checkout's top and not merely inside one."""
    how = {"capture_output": True, "text": True, "check": True, "timeout": 30}

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(root), *arguments]
        return subprocess.run(command, env=_environment(), **how).stdout.strip()

    try:
        if Path(git("rev-parse", "--show-toplevel")).resolve() != root:
            return None
        return git("rev-parse", "HEAD") + ("+dirty" if git("status", "--porcelain") else "")
    except (OSError, subprocess.SubprocessError):  # no git, no checkout, or no commit yet
        return None


def _environment() -> dict[str, str]:
    """Without GIT_DIR and the like, which a git hook sets for its own repository."""
    return {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
