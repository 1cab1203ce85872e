import pytest
import torch

from facelib.models import FaceResNet, embed, io


def test_faces_become_embeddings_that_do_not_depend_on_light():
    torch.manual_seed(0)
    model = FaceResNet(4, 16).eval()
    images = torch.rand(3, 1, 64, 64)
    embeddings = model(images)
    assert embeddings.shape == (3, 16)
    torch.testing.assert_close(model(0.4 * images + 0.3), embeddings, atol=0.05, rtol=0.05)
    assert torch.equal(model.embed(images), embeddings)


@pytest.mark.parametrize("shape", [(2, 3, 64, 64), (2, 1, 56, 46), (2, 1, 112, 112)])
def test_other_images_are_refused_with_what_to_do(shape):
    with pytest.raises(ValueError, match=r"want grey images .* resize\(images, 64, 64\)"):
        FaceResNet(4, 16)(torch.rand(shape))


def test_a_shallow_one_has_the_blocks_it_was_asked_for_and_comes_back(tmp_path):
    shallow = FaceResNet(4, 16, blocks=(0, 1, 2)).eval()
    kinds = [type(layer).__name__ for layer in shallow.features]
    assert kinds.count("Residual") == 3
    assert "Residual" not in kinds[:6]
    io.save(shallow, tmp_path / "m")
    images = torch.randint(255, (2, 1, 64, 64), dtype=torch.uint8)
    assert torch.equal(embed(io.load(tmp_path / "m"), images), embed(shallow, images))


@pytest.mark.parametrize(
    "wrong", [*({"blocks": b} for b in ((), (1, 2), (1, 2, -1), (1, 2, 10**9), (1, 1, 1, 1))),
              {"width": 0}, {"embedding": 0}],
)  # fmt: skip
def test_sizes_that_no_network_has_are_refused(wrong):
    with pytest.raises(ValueError, match="three counts from 0 to 100|must be at least 1, got 0"):
        FaceResNet(**wrong)
