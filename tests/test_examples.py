"""Examples run by themselves and say what the library says."""

import subprocess
import sys
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image

from facelib.door.recogniser import Recogniser
from facelib.synth import synth
from notebooks.kernels import patience, quiet_kernels

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_twenty_lines_without_this_package_verify_as_the_recogniser_does(tmp_path):
    faces = synth(2, 1, seed=0, size=112, channels=3).images.permute(0, 2, 3, 1).numpy()
    files = [tmp_path / "a.png", tmp_path / "b.png"]
    for file, face in zip(files, faces, strict=True):
        Image.fromarray(face).save(file)
    script = EXAMPLES / "verify.py"
    done = subprocess.run(
        [sys.executable, script, *files], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    one, other = Recogniser().embed(faces)
    assert done.stdout == f"cosine {np.float64(one @ other):.4f}\n"
    lines = [line for line in script.read_text("utf-8").splitlines() if line.strip()]
    assert len(lines) <= 25
    assert not any("facelib" in line for line in lines if "import" in line)


@pytest.mark.notebook
def test_the_door_opens_in_a_notebook_of_two_cells_and_keeps_nobody_there():
    notebook = nbformat.read(EXAMPLES / "door.ipynb", 4)
    about, door = notebook.cells
    assert (about.cell_type, door.outputs, door.execution_count) == ("markdown", [], None)
    door.source += ".use_nobodies()"
    with quiet_kernels():
        NotebookClient(notebook, timeout=patience(60), store_widget_state=False).execute()
    (output,) = door.outputs
    assert "application/vnd.jupyter.widget-view+json" in output.data
    assert "<img" not in nbformat.writes(notebook)
