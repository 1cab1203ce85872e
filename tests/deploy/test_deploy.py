"""What deploy/ names exists, and a real hub with its settings gives a student a lesson.

No container engine is asked: that an image builds and starts is not shown here.
"""

import re
import shutil
from pathlib import Path

import pytest
from traitlets.config.loader import PyFileConfigLoader

from facecourse.cli import commands
from facecourse.learn import FOLDER, QUIET
from tools import wheelhouse

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
SERVER = (ROOT / "docs" / "teaching" / "server.md").read_text("utf-8")
IMAGE = (DEPLOY / "Containerfile").read_text("utf-8")


@pytest.fixture
def config(tmp_path):
    """The settings as JupyterHub reads them, of a class of three."""
    folder = shutil.copytree(DEPLOY, tmp_path / "deploy")
    (folder / "students.txt").write_text("teacher\nada\nblaise\n")
    return PyFileConfigLoader("jupyterhub_config.py", path=str(folder)).load_config()


def test_a_home_holds_the_lessons_before_jupyterlab_opens_them(config):
    shell, option, script, _ = config.Spawner.cmd
    assert (shell, option) == ("sh", "-c")
    assert script.split(" && ")[0] == "facelib learn --no-open"
    assert "learn" in commands.commands
    assert config.Spawner.default_url == f"/lab/tree/{FOLDER}"
    assert set(QUIET) <= set(config.Spawner.args), "JupyterLab asks nobody elsewhere"


def test_a_student_has_limits_and_no_way_to_become_another(config):
    assert config.Spawner.environment["FACELIB_THREADS"] == "1"
    assert config.Spawner.cpu_limit == 2, "a kernel, and the server beside it"
    assert config.Spawner.mem_limit == "3G"
    assert config.Authenticator.admin_users == {"teacher"}
    assert config.Authenticator.allowed_users == {"teacher", "ada", "blaise"}
    assert config.FirstUseAuthenticator.create_users is False
    assert config.DockerSpawner.extra_host_config["cap_drop"] == ["ALL"]


def test_the_network_of_the_guide_is_the_one_of_the_settings(config):
    command = re.search(r"^docker network create (.+)$", SERVER, re.MULTILINE)[1].split()
    assert command[-1] == config.DockerSpawner.network_name
    assert {"--internal", f"--gateway={config.JupyterHub.hub_ip}"} <= set(command)


def test_the_image_is_built_of_what_the_wheelhouse_makes(config):
    build = re.search(r"^docker build (.+)$", SERVER, re.MULTILINE)[1].split()
    assert build[:2] == ["-t", config.DockerSpawner.image]
    assert ROOT / build[build.index("-f") + 1] == DEPLOY / "Containerfile"
    assert f"python /stick/{wheelhouse.HERE.name} install /stick" in IMAGE
    python = re.search(r"^ARG PYTHON=(\S+)$", IMAGE, re.MULTILINE)[1]
    assert f"python{python} tools/wheelhouse.py build {build[-1]}" in SERVER


def test_nobody_in_the_image_is_root_and_the_home_is_the_volume(config):
    steps = [line.split() for line in IMAGE.splitlines() if line and line[0] not in "# "]
    (user,), (home,) = ([words[1] for words in steps if words[0] == w] for w in ("USER", "WORKDIR"))
    last = [words[0] for words in steps if words[0] in ("RUN", "USER")][-1]
    assert last == "USER", "nothing is run by a student"
    assert any(words[:2] == ["RUN", "useradd"] and words[-1] == user for words in steps)
    assert home == config.DockerSpawner.notebook_dir == f"/home/{user}"
    assert list(config.DockerSpawner.volumes.values()) == [home]


def test_every_file_and_command_that_the_guide_names_is_there():
    for path in re.findall(r"(?:deploy|tools|requirements|benchmarks)/[\w./]+\w", SERVER + IMAGE):
        if path != "deploy/students.txt":
            assert (ROOT / path).exists(), path
    for name in re.findall(r"\bfacelib ([a-z]+)", SERVER):
        assert name in commands.commands, name
