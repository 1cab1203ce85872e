"""Corruptions: what each does, by how much, and that it makes the pixels it has always made."""

import pytest
import torch
from torch.nn.functional import affine_grid, grid_sample

from facelib.data import corrupt, orl, resize

# Amounts (none, if there is one, little, much), and by how many grey values, mean, much changed the
# pixels when the evidence was measured.
BY_AMOUNT = {
    "noise": (corrupt.add_noise, (0, 10, 50), 38.3421),
    "darkness": (lambda images, stops: corrupt.darken(images, 2.0**-stops), (0, 1, 3), 97.7924),
    "too little light": (corrupt.underexpose, (None, 2, 6), 32.5129),
    "blur": (corrupt.blur, (0, 1, 4), 12.7037),
    "pixels": (corrupt.pixelate, (None, 24, 8), 17.8051),
    "JPEG": (corrupt.compress, (None, 50, 2), 14.1738),
    "right": (corrupt.shift, (0, 1, 3), 15.3784),
    "turn": (corrupt.rotate, (0, 5, 25), 30.8315),
    "shift": (corrupt.misalign, (0, 4, 12), 31.6326),
}


@pytest.fixture(scope="module")
def faces():
    return orl().images[::40]


@pytest.mark.parametrize("name", BY_AMOUNT)
def test_more_of_it_changes_more_none_changes_nothing_and_the_shape_stays(faces, name):
    function, (none, *amounts), as_measured = BY_AMOUNT[name]
    before = faces.clone()
    changed = [function(faces, amount) for amount in amounts]
    assert all((image.shape, image.dtype) == (faces.shape, torch.uint8) for image in changed)
    little, much = ((image.float() - faces.float()).abs().mean() for image in changed)
    assert 0 < little < much
    assert float(much) == pytest.approx(as_measured, abs=0.005)
    assert torch.equal(faces, before)
    assert function(faces[:0], amounts[0]).shape == (0, *faces.shape[1:])
    if none is not None:
        same = function(faces, none)
        assert torch.equal(same, faces)
        assert same.data_ptr() != faces.data_ptr()
    if name not in ("too little light", "JPEG"):  # on any other device; these look at the pixels
        assert function(faces.to("meta"), amounts[0]).is_meta


def test_few_photons_bring_noise_and_keep_the_mean():
    grey = torch.full((2, 1, 40, 40), 102, dtype=torch.uint8)
    for stops, spread in ((0, 5.1), (2, 10.2), (4, 20.4)):  # of 400, 100, 25 photons
        seen = corrupt.underexpose(grey, stops).float()
        assert float(seen.mean()) == pytest.approx(102, abs=2)
        assert float(seen.std()) == pytest.approx(spread, rel=0.1)
    assert torch.equal(corrupt.underexpose(grey, 4), corrupt.underexpose(grey, 4))


def test_jpeg_keeps_colours():
    images = torch.tensor([200, 30, 90, 0, 250, 10]).byte().view(2, 3, 1, 1).expand(-1, -1, 16, 16)
    assert (corrupt.compress(images, 95).int() - images.int()).abs().max() <= 3


def test_shifted_faces_move_right_or_left_and_repeat_their_edge():
    images = torch.arange(6, dtype=torch.uint8).view(1, 1, 2, 3)
    moved = [corrupt.shift(images, pixels).flatten().tolist() for pixels in (1, -2, 9)]
    assert moved == [[0, 0, 1, 3, 3, 4], [2, 2, 2, 5, 5, 5], [0, 0, 0, 3, 3, 3]]


def test_a_turn_of_a_quarter_is_rot90():
    image = torch.arange(16, dtype=torch.uint8).view(1, 1, 4, 4)
    assert torch.equal(corrupt.rotate(image, 90), image.rot90(1, (2, 3)))


def warped(images, *rows):
    """As the lessons measured it: square images moved by a matrix of 2 rows of 3 numbers (N,)."""
    matrix = torch.stack([torch.stack(row, -1) for row in rows], -2)
    grid = affine_grid(matrix, list(images.shape), align_corners=False)
    found = grid_sample(images.float(), grid, padding_mode="border", align_corners=False)
    return found.round().clamp(0, 255)


def test_pixels_are_those_with_which_the_evidence_was_measured(faces):
    levels = torch.arange(256, dtype=torch.uint8).view(1, 1, 4, 64).repeat(1, 1, 16, 1)
    x = torch.cat([resize(faces, 64, 64), levels])
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0))
    way = 2 * torch.pi * torch.rand(len(x), generator=torch.Generator().manual_seed(0))
    across, down = 0.16 * way.cos(), 0.16 * way.sin()
    zeros, ones = torch.zeros(len(x)), torch.ones(len(x))
    cos, sin = (25 * ones).deg2rad().cos(), (25 * ones).deg2rad().sin()
    for made, as_before in (
        (corrupt.add_noise(x, 5), (x + 5 * noise).round().clamp(0, 255)),
        (corrupt.darken(x, 0.125), (x * 2.0**-3).round()),
        (corrupt.pixelate(x, 16), resize(resize(x, 16, 16), 64, 64)),
        (corrupt.rotate(x, 25.0), warped(x, (cos, -sin, zeros), (sin, cos, zeros))),
        (corrupt.misalign(x, 8), warped(x, (ones, zeros, across), (zeros, ones, down))),
    ):
        assert torch.equal(made, as_before.to(torch.uint8))
