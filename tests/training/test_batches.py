import pytest
import torch

from facelib.data import Augment, FaceSet
from facelib.measure.groups import LADDER
from facelib.synth import identities
from facelib.synth.people import pick_seed
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
    for seed in (pick_seed("kept"), batches.POOL):
        assert (identities(200, seed).values[:, None] != judged).any(2).all()


@pytest.mark.usefixtures("undistorted")
def test_glasses_come_and_go(monkeypatch):
    def wearing(taken_off, put_on):
        monkeypatch.setattr(batches, "TAKEN_OFF", taken_off)
        monkeypatch.setattr(batches, "PUT_ON", put_on)
        return FreshFaces()(16, generator(), CPU)[0]

    bare, worn, mixed = (wearing(*shares) for shares in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5)))
    assert (worn != bare).flatten(1).any(1).all()
    off = (mixed == bare).flatten(1).all(1)
    assert 3 < off.sum() < 13
    assert torch.equal(mixed[~off], worn[~off])


def test_drawn_faces_are_images_of_a_few_people_who_have_enough():
    faces = DrawnFaces(photographs(), images_each=3, augment=plain)
    seen = set()
    for seed in range(8):
        images, person = faces(6, generator(seed), CPU)
        assert person.bincount().unique().tolist() in ([3], [0, 3])
        greys = (images[:, 0, 0, 0] * 255).long()
        assert torch.equal(greys // 50, person)
        assert len(greys.unique()) == 6, "no image comes twice"
        seen |= set(person.tolist())
    assert seen == {0, 1, 3}


def test_what_is_drawn_from_is_told_apart_by_its_text():
    faces = photographs()
    assert repr(DrawnFaces(faces)) == repr(DrawnFaces(photographs()))
    assert repr(DrawnFaces(faces)) != repr(DrawnFaces(photographs((4, 5, 1, 5))))
    assert repr(DrawnFaces(faces)) != repr(DrawnFaces(faces, augment=Augment(shift=0.2)))
    assert " at 0x" not in repr(DrawnFaces(faces, augment=plain))


@pytest.fixture
def numbered(monkeypatch):
    """Two images of each of any number of new people, each of its own grey, of which a teacher
    says three times as much; and the calls."""
    monkeypatch.setattr(batches, "TOGETHER", 4)
    calls = []

    def draw(n, generator, device):
        start = 2 * 4 * len(calls)
        calls.append(n)
        images = (start + torch.arange(n)).view(n, 1, 1, 1).expand(n, 1, 4, 4) / 255
        return images, (3 * images[:, 0, 0, :1], torch.arange(n // 2).repeat_interleave(2))

    draw.images_each = 2
    return draw, calls


def test_kept_people_are_drawn_once_and_dealt_anew_with_what_a_teacher_says(numbered):
    source, calls = numbered
    kept, draw = Kept(source, 6), generator()
    assert kept.images_each == 2
    dealt = [kept(6, draw, CPU) for _ in range(40)]
    assert calls == [8, 4]
    for images, (said, person) in dealt:
        assert images.shape == (6, 1, 4, 4)
        torch.testing.assert_close(said, 3 * images[:, 0, 0, :1])
        assert torch.equal(person, (255 * images[:, 0, 0, 0]).round().long() // 2), "whom they show"
    greys = torch.stack([(255 * images[:, 0, 0, 0]).round().int() for images, _ in dealt])
    assert greys.unique().tolist() == list(range(12)), "every image comes"
    assert torch.equal(greys[:, ::2] + 1, greys[:, 1::2]), "with the other of its person"
    assert len({frozenset(row.tolist()) for row in greys}) > 10, "in ever new company"


def test_more_people_than_there_are_and_no_choice_are_refused(numbered):
    mixed = FaceSet(torch.zeros(4, 1, 4, 4).byte(), torch.tensor([0, 1, 0, 1]), ("a", "b"))
    for source, n, message in (
        (lambda: DrawnFaces(photographs(), 5), 4, "with 5 images or more, 1 have; the most is 5"),
        (lambda: DrawnFaces(photographs(), 4), 16, "4 people .* 3 have as many: try batch=12"),
        (lambda: Kept(numbered[0], 3), 8, "8 images need 4 people, 3 are kept"),
        (lambda: Kept(numbered[0], 1), 2, "at least 2 people to keep, got 1"),
        (lambda: FreshFaces(3), 16, "16 images need 4 people, there are 3"),
        (lambda: FreshFaces(-5), 16, "got people=-5, images_each=4"),
        (lambda: FreshFaces(images_each=0), 16, "one image of each or more, got"),
        (lambda: Kept(DrawnFaces(mixed, 2, plain), 2), 4, "does not draw 2 images in a row"),
    ):
        with pytest.raises(ValueError, match=message):
            source()(n, generator(), CPU)
