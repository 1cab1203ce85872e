"""Batched preprocessing against Pillow, SciPy and scikit-image, image by image."""

import re

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.exposure import equalize_hist

from facelib.data import normalise_light, preprocess, resize, to_grey, to_square


@pytest.fixture
def rgb() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (5, 3, 20, 17), generator=generator, dtype=torch.uint8)


def difference(one: torch.Tensor, two: np.ndarray | torch.Tensor) -> float:
    return float((one.double() - torch.as_tensor(two).double()).abs().max())


def pillow(image: torch.Tensor) -> Image.Image:
    return Image.fromarray(image.permute(1, 2, 0).numpy())


def test_grey_is_the_luma_that_pillow_uses(rgb):
    grey = to_grey(rgb)
    assert (grey.dtype, grey.shape) == (torch.uint8, (5, 1, 20, 17))
    for image, source in zip(grey, rgb, strict=True):
        assert difference(image[0], np.array(pillow(source).convert("L"))) <= 1
    assert to_grey(grey) is grey
    colours = 255 * torch.eye(3, dtype=torch.uint8).view(3, 3, 1, 1)
    assert to_grey(colours).flatten().tolist() == [76, 150, 29]  # 0.299, 0.587, 0.114 of 255


@pytest.mark.parametrize("size", [(9, 11), (31, 40)])
def test_resize_agrees_with_pillow_which_averages_the_pixels_it_drops(rgb, size):
    for image, source in zip(resize(rgb, *size), rgb, strict=True):
        expected = pillow(source).resize(size[::-1], Image.Resampling.BILINEAR)
        assert difference(image.permute(1, 2, 0), np.array(expected)) <= 1


@pytest.mark.parametrize(("shape", "pads"), [((7, 4), (0, 0, 1, 2)), ((4, 7), (1, 2, 0, 0))])
def test_a_square_holds_the_image_and_repeats_its_edges(shape, pads):
    image = torch.randint(0, 256, (2, 3, *shape), dtype=torch.uint8)
    padded = np.pad(image.numpy(), [(0, 0), (0, 0), pads[:2], pads[2:]], mode="edge")
    assert torch.equal(to_square(image), torch.from_numpy(padded))
    assert torch.equal(to_square(image[..., :4, :4]), image[..., :4, :4])


def test_colour_is_asked_of_rgb_images_and_light_of_uint8_only():
    for shape in ((2, 2, 4, 4), (4, 4, 3)):
        with pytest.raises(ValueError, match=re.escape(f"images (N, 3, H, W), got {shape}")):
            to_grey(torch.zeros(shape, dtype=torch.uint8))
    with pytest.raises(ValueError, match=r"needs uint8 images .*float32"):
        normalise_light(torch.zeros(1, 1, 4, 4))


def test_normalise_light_is_the_equalisation_of_scikit_image(rgb):
    ours = normalise_light(rgb)
    for image, source in zip(ours.flatten(0, 1), rgb.flatten(0, 1), strict=True):
        assert difference(image, 255 * equalize_hist(source.numpy())) <= 0.5 + 1e-3


@pytest.mark.parametrize("function", [to_grey, lambda images: resize(images, 9, 8)])
def test_float_images_stay_float_and_agree_with_uint8(rgb, function):
    ours = function(rgb.float() / 255)
    assert ours.dtype == torch.float32
    assert difference(ours * 255, function(rgb)) <= 0.5 + 1e-3
    assert function(rgb.bfloat16()).dtype == torch.bfloat16


def test_parts_of_a_large_batch_are_put_together_again(rgb, monkeypatch):
    whole = normalise_light(rgb)
    monkeypatch.setattr(preprocess, "BATCH", 2)
    assert torch.equal(normalise_light(rgb), whole)
    assert len(normalise_light(rgb[:0])) == 0
