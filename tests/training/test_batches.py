import pytest
import torch

from facelib.data import Augment, FaceSet
from facelib.measure.groups import LADDER
from facelib.synth import identities
from facelib.training import batches
from facelib.training.batches import DrawnFaces, FreshFaces, Kept

CPU = torch.device("cpu")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def photographs(counts=(4, 4, 1, 5)):
    """Every image of a person is of the person's own grey, plus its own number."""
    person = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    images = (50 * person + torch.arange(len(person)) % 5).byte()[:, None, None, None]
    names = tuple("abcdefgh"[: len(counts)])
    return FaceSet(images.expand(-1, 1, 4, 4).contiguous(), person, names)


def plain(images, generator):
    return images.float() / 255


@pytest.fixture
def undistorted(monkeypatch):
    monkeypatch.setattr(batches, "Distort", lambda: plain)


@pytest.mark.usefixtures("undistorted")
def test_fresh_faces_come_so_many_to_a_person_and_never_again():
    faces = FreshFaces(images_each=3)
    images, person = faces(12, generator(), CPU)
    assert images.shape == (12, 1, 64, 64)
    assert person.tolist() == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    assert len({image.numpy().tobytes() for image in images}) == 12
    again, _ = faces(12, generator(), CPU)
    other, _ = faces(12, generator(1), CPU)
    assert torch.equal(images, again)
    assert not torch.equal(images, other)


def test_a_fixed_number_of_people_keeps_its_people_and_changes_their_photographs():
    faces = FreshFaces(people=5, images_each=1)
    seen = set()
    for seed in range(4):
        _, person = faces(4, generator(seed), CPU)
        assert len(person.unique()) == 4
        seen |= set(person.tolist())
    assert seen == set(range(5))


def test_nobody_who_is_judged_was_learnt_from():
    judged = identities(200, LADDER).values
    for seed in (batches.KEPT, batches.POOL):
        assert (identities(200, seed).values[:, None] != judged).any(2).all()


@pytest.mark.usefixtures("undistorted")
def test_glasses_come_and_go(monkeypatch):
    def wearing(taken_off, put_on):
        monkeypatch.setattr(batches, "TAKEN_OFF", taken_off)
        monkeypatch.setattr(batches, "PUT_ON", put_on)
        return FreshFaces()(16, generator(), CPU)[0]

    bare, worn, own = (wearing(*shares) for shares in ((1.0, 0.0), (0.0, 1.0), (0.0, 0.0)))
    assert (worn != bare).flatten(1).any(1).all()
    owner = (own == worn).flatten(1).all(1)
    assert torch.equal(own[~owner], bare[~owner])
    mixed = wearing(0.5, 0.5)
    off = (mixed == bare).flatten(1).all(1)
    assert 3 < off.sum() < 13
    assert torch.equal(mixed[~off], worn[~off])


def test_drawn_faces_are_images_of_a_few_people_who_have_enough():
    faces = DrawnFaces(photographs(), images_each=3, augment=plain)
    seen = set()
    for seed in range(8):
        images, person = faces(6, generator(seed), CPU)
        assert person.bincount().unique().tolist() in ([3], [0, 3])
        assert torch.equal((images[:, 0, 0, 0] * 255).long() // 50, person)
        seen |= set(person.tolist())
    assert seen == {0, 1, 3}


def test_no_image_is_drawn_twice_into_a_batch():
    images, _ = DrawnFaces(photographs(), 4, plain)(12, generator(), CPU)
    assert len(set((images[:, 0, 0, 0] * 255).long().tolist())) == 12


def test_what_is_drawn_from_is_told_apart_by_its_text():
    assert repr(DrawnFaces(photographs())) == repr(DrawnFaces(photographs()))
    assert repr(DrawnFaces(photographs())) != repr(DrawnFaces(photographs((4, 5, 1, 5))))
    assert repr(DrawnFaces(photographs(), augment=Augment(shift=0.2))) != repr(
        DrawnFaces(photographs())
    )
    assert " at 0x" not in repr(DrawnFaces(photographs(), augment=plain))


def test_too_few_people_with_enough_images_are_refused_with_a_batch_that_fits():
    with pytest.raises(ValueError, match="two people with 5 images or more, 1 have; the most is 5"):
        DrawnFaces(photographs(), images_each=5)
    with pytest.raises(ValueError, match="4 people .* 3 have as many: try batch=12"):
        DrawnFaces(photographs(), images_each=4)(16, generator(), CPU)


def test_kept_batches_are_drawn_once_and_come_again_the_same():
    asked = []

    def drawn(n, generator, device):
        asked.append(n)
        return torch.rand(n, 1, 4, 4, generator=generator), torch.arange(n)

    drawn.images_each = 2
    kept, again = Kept(drawn, 3), Kept(drawn, 3)
    assert kept.images_each == 2
    draw = generator()
    seen = {kept(6, draw, CPU)[0].sum().item() for _ in range(40)}
    assert len(seen) == len(asked) == 3
    assert {again(6, draw, CPU)[0].sum().item() for _ in range(40)} == seen
    images, person = kept(6, draw, CPU)
    assert images.shape == (6, 1, 4, 4)
    assert torch.equal(person, torch.arange(6))
    torch.testing.assert_close(255 * images, (255 * images).round())


def test_another_size_than_the_kept_batches_have_and_no_batch_are_refused():
    kept = Kept(DrawnFaces(photographs()), 1)
    kept(8, generator(), CPU)
    with pytest.raises(ValueError, match="batches of 8 images are kept, got a wish for 4"):
        kept(4, generator(), CPU)
    with pytest.raises(ValueError, match="at least 1 batch to keep, got 0"):
        Kept(DrawnFaces(photographs()), 0)
