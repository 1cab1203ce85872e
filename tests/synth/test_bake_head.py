"""tools/bake_head.py on a mesh of a few plates."""

import gzip

import numpy as np
from PIL import Image

from tools import bake_head


def test_baking_keeps_what_a_mesh_and_its_targets_say(tmp_path):
    """A plate for a face, a smaller one for each eye and jaw, one target of every sort."""
    lines, faces = [], []

    def plate(group, x, y, half, z):
        lines.extend(f"v {x + a * half} {y + b * half} {z}" for b in (-1, 1) for a in (-1, 1))
        first = len(lines) - 3
        corners = " ".join(f"{first + k}/{k + 1}" for k in (0, 1, 3, 2))
        faces.extend((f"g {group}", f"f {corners}"))

    plate("body", 0.0, 7.2, 0.5, 1.3)
    plate("body", 0.0, 2.0, 0.5, 1.3)  # a knee, say
    for group, x, y in (("l-eye", 0.3, 7.3), ("r-eye", -0.3, 7.3), ("upper-teeth", 0, 6.7),
                        ("lower-teeth", 0, 6.6)):  # fmt: skip
        plate(f"helper-{group}", x, y, 0.05, 1.25)
    for folder in ("3dobjs", "textures"):
        (tmp_path / folder).mkdir()
    texture = ["vt 0 0", "vt 1 0", "vt 0 1", "vt 1 1"]
    (tmp_path / "3dobjs/base.obj").write_text("\n".join([*lines, *texture, *faces]))
    targets = {"nose/nose-hump-incr": "0 0 0.22 0", "nose/nose-hump-decr": "0 0 -0.11 0",
               "expression/units/caucasian/eye-left-slit": "1 0.11 0 0"} | {
        f"macrodetails/{origin}-{sex}-{age}": "2 0 0 0.11"
        for origin in bake_head.ORIGINS for sex in ("female", "male") for age in ("old", "young")
    }  # fmt: skip
    for name, line in targets.items():
        file = tmp_path / f"targets/{name}.target.gz"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(gzip.compress(f"# MakeHuman\n{line}\n".encode()))
    for name in ("lips", "ears"):
        Image.new("L", (8, 8), 200).save(tmp_path / f"textures/mpfb_{name}.jpg")
    bake_head.main(tmp_path, tmp_path / "head.npz")
    with np.load(tmp_path / "head.npz") as found:
        assert found["points"].shape == (20, 3)  # without the knee
        np.testing.assert_allclose(found["points"][0], (-0.5 / 1.1, 0.584 / 1.1, 0.8 / 1.1), 1e-5)
        assert found["shape_names"].tolist() == ["nose_hump"]
        moves = found["shapes"] * found["shapes_step"]
        np.testing.assert_allclose(moves[0, :, 0, 1], (0.1, -0.2), atol=2e-3)  # v points down
        assert found["move_names"].tolist() == ["eye_slit"]
        assert found["heads"].shape == (12, 20, 3)
        assert found["lips"][:4].tolist() == [200] * 4
        assert found["sky"][:4].min() > 200
