import pytest
import torch
from torch import nn

from facelib.data import orl
from facelib.training import device as devices


def test_a_gpu_is_taken_where_there_is_one_and_torchrun_says_which(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert devices.choose_device() == torch.device("cuda", 0)
    monkeypatch.setenv("LOCAL_RANK", "1")
    assert devices.choose_device("cuda") == torch.device("cuda", 1)
    with pytest.raises(ValueError, match="GPU 5 was asked for, there are 2"):
        devices.choose_device("cuda:5")


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "gpu", "cuda:x"])
def test_a_device_that_is_not_there_is_refused_with_what_is(name, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert devices.choose_device() == torch.device("cpu")
    with pytest.raises(ValueError, match=rf"'{name}' was asked for, .* machine has \['cpu'\]"):
        devices.choose_device(name)


@pytest.mark.parametrize(("capability", "has"), [((7, 5), False), ((8, 0), True)])
def test_bf16_is_used_on_gpus_and_cpus_that_have_it_and_never_on_mps(monkeypatch, capability, has):
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: capability)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: has)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    fast = [devices.has_fast_bf16(torch.device(name)) for name in ("cuda", "cpu", "mps")]
    assert fast == [has, has, False]


def test_faces_move_to_a_gpu_only_if_they_leave_half_of_it_free(monkeypatch):
    faces = orl()
    gpu = torch.device("cuda", 0)
    size = faces.images.nbytes
    for free, fits in ((2 * size + 2, True), (2 * size, False)):
        monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device, free=free: (free, free))
        assert devices.fits(faces, gpu) is fits
    assert devices.fits(faces, torch.device("cpu"))


def test_a_model_is_compiled_or_stays_as_it_is_with_a_warning_where_no_compiler_is(monkeypatch):
    monkeypatch.setattr(devices.shutil, "which", lambda name: None)
    model = nn.Linear(2, 2)
    with pytest.warns(UserWarning, match="needs a C\\+\\+ compiler"):
        assert devices.compiled(model) is model

    monkeypatch.setattr(devices.shutil, "which", lambda name: name)
    monkeypatch.setattr(torch, "compile", lambda model: ("compiled", model))
    assert devices.compiled(model) == ("compiled", model)
