"""The gallery benchmark at its smallest: every search is compared with the exact one."""

import pytest
import torch
from torch.nn.functional import normalize

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
    assert crowd.args[-1] == about["blur"] == min(gaps, key=gaps.get)


@pytest.mark.evidence
def test_fast_search_loses_no_fewer_people_than_its_rank_1_is_behind(measure, monkeypatch):
    monkeypatch.setattr(gallery, "codes", people)
    count = FEWEST // (gallery.EACH - 1)
    sizes = {"KNOWN": (8, 30), "CHECKED": count, "SIZES": (4 * count,)}
    stored = measure(gallery, "gallery", PROBES=20, REPEATS=5, **sizes)
    (found,) = stored["galleries"]
    assert found["faces"] == 4 * FEWEST
    exact = found["search"].pop("exact")
    for row in found["search"].values():
        loss = exact["rank-1"]["value"] - row["rank-1"]["value"]
        assert row["lost"]["value"] >= loss - 1e-9  # fast search may find whom exact misses
        assert row["lost"]["high"] > row["lost"]["value"]
        assert row["bytes"] > exact["bytes"]
