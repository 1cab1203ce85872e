import pytest
import torch

from facelib.models import FaceCNN, embed, predict


@pytest.fixture
def model():
    torch.manual_seed(0)
    return FaceCNN(4, 8, 3).eval()


@pytest.fixture
def images():
    return torch.randint(256, (5, 1, 32, 32), dtype=torch.uint8)


def test_embeddings_have_unit_length_and_are_those_of_the_mirror_image(model, images):
    found = embed(model, images)
    torch.testing.assert_close(found.norm(dim=1), torch.ones(5))
    torch.testing.assert_close(embed(model, images.flip(3)), found)
    one, other = (embed(model, faces, flip=False) for faces in (images, images.flip(3)))
    assert not torch.allclose(one, other, atol=1e-4)
    torch.testing.assert_close(embed(model, images.repeat(9, 1, 1, 1))[-5:], found)


def test_predict_names_the_person_with_the_highest_sum_of_logits(model, images):
    faces = images.float() / 255
    wanted = (model(faces) + model(faces.flip(3))).argmax(1)
    assert torch.equal(predict(model, images), wanted)
    assert torch.equal(predict(model, images, flip=False), model(faces).argmax(1))


def test_each_module_is_left_in_the_mode_it_came_in_whatever_happens(model, images):
    wanted = embed(model, images)
    model.train().features[0].eval()
    modes = [module.training for module in model.modules()]
    torch.testing.assert_close(embed(model, images), wanted)
    colour = torch.zeros(2, 3, 32, 32, dtype=torch.uint8)
    for function in (embed, predict):
        with pytest.raises(ValueError, match=r"\(2, 3, 32, 32\): make it with channels=3.*to_grey"):
            function(model, colour)
    assert [module.training for module in model.modules()] == modes
    with pytest.raises(ValueError, match=r"uint8 \(N, C, H, W\), got torch.float32"):
        embed(model, images.float())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
def test_a_model_in_another_precision_is_run_in_it(model, images, dtype):
    wanted = embed(model, images)
    found = embed(model.to(dtype), images)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, wanted, atol=0.05, rtol=0)
