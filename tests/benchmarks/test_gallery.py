"""The gallery benchmark at its smallest: every search is compared with the exact one."""

import pytest

from benchmarks import gallery, results
from facelib.measure.gallery import FEWEST


def test_the_gallery_benchmark_runs(tmp_path):
    people = FEWEST // (gallery.EACH - 1)
    gallery.main(known=8, checked=6, sizes=(4 * people,), probes=20, repeats=5, folder=tmp_path)
    stored = results.read("gallery", tmp_path)
    assert {"rendered", "crowd 0"} <= stored["check"].keys()
    (found,) = stored["galleries"]
    assert found["faces"] == 4 * FEWEST
    rows = found["search"]
    assert list(rows) == ["exact", *map(str, gallery.LOOKED)]
    for name, row in rows.items():
        if name != "exact":
            loss = rows["exact"]["rank-1"]["value"] - row["rank-1"]["value"]
            assert row["lost"]["value"] == pytest.approx(loss)
            assert row["bytes"] > rows["exact"]["bytes"]
    assert list(stored["rivals"]) == list(gallery.RIVALS)
