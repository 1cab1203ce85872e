"""What the tests of commands share."""

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from PIL import Image

from facecourse.cli import commands
from facelib.synth import synth


@pytest.fixture
def run() -> Callable[..., Result]:
    """Run a command by its words; what it raises by mistake is raised here."""

    def call(*words: object, **settings) -> Result:
        done = CliRunner().invoke(commands, [str(word) for word in words], **settings)
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return call


@pytest.fixture
def refuse(run) -> Callable[..., str]:
    """Run a command that can't do what it is asked; returns what it says."""

    def call(*words: object, **settings) -> str:
        done = run(*words, **settings)
        assert done.exit_code == 2
        return done.output

    return call


@pytest.fixture(scope="session")
def photos(tmp_path_factory) -> Path:
    """A folder with three photographs each of eight people who don't exist: Ada/1.jpg."""
    folder, names = tmp_path_factory.mktemp("photos"), "Ada Ben Cy Dan Eve Fay Gus Hal"
    seen = {"yaw": (-8.0, 8.0), "pitch": (-5.0, 5.0), "scale": (0.86, 1.18), "hat": 0.0}
    faces = synth(8, 3, seed=3, size=112, channels=3, **seen)
    for place, image in enumerate(faces.images.permute(0, 2, 3, 1).numpy()):
        person = folder / names.split()[place // 3]
        person.mkdir(exist_ok=True)
        Image.fromarray(image).resize((224, 224)).save(person / f"{place % 3 + 1}.jpg", quality=95)
    return folder
