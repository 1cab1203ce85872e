"""Files damaged at random: quantize refuses them by name, or writes what they say now."""

import random

import pytest
import torch

from facelib.compress import export, load_shared, quantize, save_shared, share, ship
from facelib.models import FaceResNet, embed
from facelib.models.runtime import OnnxModel
from facelib.synth import synth

FACES = synth(4, 2, seed=0).images


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """An ONNX file, a file of codes and one to ship."""
    torch.manual_seed(0)
    folder, model = tmp_path_factory.mktemp("whole"), FaceResNet(2, 8, (1, 0, 1)).eval()
    export(model, folder / "onnx", (1, 64, 64))
    save_shared(share(model, 16)[0], folder / "codes")
    ship(model, folder / "small", FACES)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def damage(data: bytes, seed: int) -> bytes:
    """A bit turned, the end cut off, zeros, bytes put in, or two exchanged."""
    chance, data = random.Random(seed), bytearray(data)
    here, there = (chance.randrange(len(data)) for _ in range(2))
    match seed % 5:
        case 0:
            data[here] ^= 1 << chance.randrange(8)
        case 1:
            del data[here:]
        case 2:
            data[here : here + 16] = bytes(len(data[here : here + 16]))
        case 3:
            data[here:here] = chance.randbytes(4)
        case 4:
            data[here], data[there] = data[there], data[here]
    return bytes(data)


@pytest.mark.parametrize("images", [None, FACES], ids=["dynamic", "static"])
def test_a_damaged_onnx_file_is_refused_by_name_or_quantized_as_it_stands(
    written, tmp_path, images
):
    source, made, refused = tmp_path / "damaged.onnx", tmp_path / "int8.onnx", []
    for seed in range(40):
        source.write_bytes(damage(written["onnx"], seed))
        try:
            quantize(source, made, images)
        except ValueError as error:
            refused.append(str(error))
        else:
            found, wanted = (embed(OnnxModel(path), FACES) for path in (made, source))
            assert (found * wanted).sum(1).min() > 0.9, seed
    assert 10 < len(refused) < 40
    assert all("damaged.onnx" in message for message in refused)


@pytest.mark.parametrize(("kind", "read"), [("codes", load_shared), ("small", OnnxModel)])
def test_a_damaged_file_of_codes_or_to_ship_is_refused_by_name(written, tmp_path, kind, read):
    path, refused = tmp_path / "damaged", []
    path.write_bytes(written[kind])
    whole = read(path)
    for seed in range(60):
        path.write_bytes(damage(written[kind], seed))
        try:
            found = read(path)
        except ValueError as error:
            refused.append(str(error))
        else:  # what changed says nothing: zeros where there were zeros, an archive's date
            assert torch.equal(embed(found, FACES), embed(whole, FACES))
    assert len(refused) > 50
    assert all("damaged" in message for message in refused)
