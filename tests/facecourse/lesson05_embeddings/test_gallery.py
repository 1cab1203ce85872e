"""The gallery benchmark at its smallest: every search is compared with the exact one."""

import torch
from torch.nn.functional import normalize

from facecourse.kit import evidence
from facecourse.lesson05_embeddings import gallery
from facelib.measure.gallery import FEWEST


def people(count, other, noise=0.5):
    generator = torch.Generator().manual_seed(other)
    middles = torch.randn(count, 1, 16, generator=generator)
    return normalize(middles + noise * torch.randn(count, 6, 16, generator=generator), dim=2)


def test_a_crowd_is_fitted_by_how_often_it_errs(monkeypatch):
    monkeypatch.setattr(gallery, "codes", people)
    wanted = gallery.right(people(300, other=2))
    crowd, about = gallery.fitted(60, wanted)
    found = about["rank-1 by blur"]
    assert list(found) == list(gallery.BLURS)
    assert found[0.8] > found[0.1]
    gaps = {blur: abs(value - about["rank-1 wanted"]) for blur, value in found.items()}
    assert crowd.blur == about["blur"] == min(gaps, key=gaps.get)


def test_the_gallery_benchmark_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery, "codes", people)
    count = FEWEST // (gallery.EACH - 1)
    gallery.main((8, 30), count, sizes=(4 * count,), probes=20, repeats=5, folder=tmp_path)
    stored = evidence.read("gallery", tmp_path)
    assert list(stored["crowds"]) == list(stored["check"]) == ["8", "30"]
    assert {"rendered", "crowd 0"} <= stored["check"]["30"].keys()
    (found,) = stored["galleries"]
    assert found["faces"] == 4 * FEWEST
    rows = found["search"]
    assert list(rows) == ["exact", *map(str, gallery.LOOKED)]
    for name, row in rows.items():
        if name != "exact":
            loss = rows["exact"]["rank-1"]["value"] - row["rank-1"]["value"]
            assert row["lost"]["value"] >= loss - 1e-9  # fast search may find whom exact misses
            assert row["lost"]["high"] > row["lost"]["value"]
            assert row["bytes"] > rows["exact"]["bytes"]
    assert list(stored["rivals"]) == list(gallery.RIVALS)
