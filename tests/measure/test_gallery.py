"""A gallery finds people, and refuses what it can't search."""

from __future__ import annotations

import re

import pytest
import torch

from facelib.measure import similarity
from facelib.measure.gallery import UNKNOWN, Gallery


def test_a_search_finds_the_people_that_all_cosines_find_at_any_length(crowd):
    faces, person = crowd(30, 4, 16)
    probes, _ = crowd(30, 2, 16)
    scores, people = Gallery(7 * faces, person).search(0.1 * probes, k=5)
    best = similarity(probes, faces).view(len(probes), 30, 4).amax(2).topk(5)
    assert torch.equal(people, best.indices)
    assert torch.allclose(scores, best.values, atol=1e-5)


def test_a_person_with_many_faces_takes_one_place_and_places_that_are_left_are_nobodys():
    faces = torch.tensor([[1.0, 0.0], [1.0, 0.01], [1.0, 0.02], [0.0, 1.0]])
    scores, people = Gallery(faces, torch.tensor([5, 5, 5, 2])).search(faces[:1], k=2)
    assert people.tolist() == [[5, 2]]
    assert scores[0].tolist() == pytest.approx([1, 0], abs=1e-6)
    scores, people = Gallery(torch.eye(3), torch.tensor([4, 4, 4])).search(torch.eye(3)[:1], k=3)
    assert people.tolist() == [[4, UNKNOWN, UNKNOWN]]
    assert scores[0, 1:].tolist() == [-torch.inf] * 2


def test_a_stranger_scores_below_the_threshold_and_is_unknown_until_one_face_is_enrolled():
    faces, person = torch.eye(4), torch.arange(4)
    probes = torch.stack([faces[1], faces[3] + 0.1 * faces[0]])
    gallery = Gallery(faces[:3], person[:3])
    found = gallery.search(probes, threshold=0.5)
    assert found.people.flatten().tolist() == [1, UNKNOWN]
    assert found.scores[1] < 0.5
    nobody = gallery.search(probes, threshold=torch.nan)
    assert (nobody.people == UNKNOWN).all(), "no threshold lets nobody in"
    gallery.enrol(faces[3:], person[3:])
    assert gallery.search(probes, threshold=0.5).people.flatten().tolist() == [1, 3]
    assert (len(gallery), gallery.people) == (4, 4)


def test_one_image_under_two_names_is_warned_of_and_the_same_name_twice_is_fine(crowd, recwarn):
    faces, person = crowd(10, 2, 16)
    gallery = Gallery(torch.cat([faces, faces[:1]]), torch.cat([person, person[:1]]))
    assert not recwarn
    with pytest.warns(UserWarning, match="the first as person 2 and as person 77"):
        gallery.enrol(faces[4:5], torch.tensor([77]))
    with pytest.warns(UserWarning, match=r"2 image\(s\) stand under two names"):
        Gallery(torch.cat([faces, faces[:2]]), torch.cat([person, person[:2] + 50]))


@pytest.mark.parametrize(
    ("faces", "person", "message"),
    [
        (torch.empty(0, 4), torch.empty(0).long(), "at least 1 face, got (0, 4)"),
        (torch.ones(4), torch.zeros(1).long(), "got (4,)"),
        (torch.ones(2, 4), torch.zeros(3).long(), "each of the 2 faces, got torch.int64 (3,)"),
        (torch.ones(2, 4), torch.zeros(2), "got torch.float32"),
        (torch.ones(2, 4), torch.tensor([0, -1]), "from -1"),
        (torch.tensor([[1.0], [torch.nan]]), torch.arange(2), "not finite in rows [1]"),
        (torch.tensor([[0.0, 0.0], [1, 0]]), torch.arange(2), "all zero in rows [0]"),
    ],
)
def test_what_cannot_be_enrolled_is_refused_with_a_reason(faces, person, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        Gallery(faces, person)


def test_what_is_refused_leaves_the_gallery_as_it_was():
    gallery = Gallery(torch.eye(4), torch.arange(4))
    for bad in (torch.full((1, 4), torch.nan), torch.ones(1, 5)):
        with pytest.raises(ValueError, match="want embeddings|not finite"):
            gallery.enrol(bad, torch.tensor([9]))
    for k in (0, 5):
        with pytest.raises(ValueError, match="k from 1 to the 4 enrolled faces"):
            gallery.search(torch.eye(4), k=k)
    for probes in (torch.ones(1, 3), torch.zeros(1, 4)):
        with pytest.raises(ValueError, match=r"\(N, 4\)|all zero"):
            gallery.search(probes)
    assert len(gallery) == 4
    assert gallery.search(torch.eye(4)).people.flatten().tolist() == [0, 1, 2, 3]
