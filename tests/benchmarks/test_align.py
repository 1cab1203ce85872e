"""The benchmark of alignment, at its smallest, and what it stored."""

import numpy as np

from benchmarks import RESULTS, align
from facecourse.kit import evidence
from facelib.door.align import POINTS


def test_every_part_is_measured(lfw_path, tmp_path):
    align.main(every=80, people=24, times=20, folder=tmp_path)
    stored = evidence.read("align", tmp_path)
    seen = stored["View 1"]
    assert seen["pairs"] == 40
    assert seen["found"]["value"] > 0.95
    near = seen["eyes of the given crop within 10 % in ours"]["value"]
    assert 0.9 < near < 1.01
    assert -10 < seen["accuracy lost, points"]["value"] < 10
    assert 0 < stored["comparison"]["warm, ms"]["min"] <= stored["comparison"]["warm, ms"]["median"]
    assert stored["comparison"]["process, s"]["n"] == 2
    assert 20 < stored["comparison"]["peak memory, MiB"] < 300


def test_every_render_is_counted_once():
    found = align.find_renders(24, align.PHOTOS["even light, no hats"], groups=2)
    assert list(found) == ["all", "skin 0 to 0.5", "skin 0.5 to 1"]
    assert sum(row.n for row in found.values()) == 48
    assert found["all"].value > 0.7


def test_the_cut_puts_the_five_points_where_they_were_found_in_view_1():
    places = np.array(evidence.read("align", RESULTS)["View 1"]["places"])
    assert np.array_equal(places.round(4), POINTS)
