"""Embeddings of people, which most tests of this folder measure."""

import pytest
import torch


@pytest.fixture
def crowd():
    """Makes embeddings (people x each, width), noisy about each person's own, and their labels."""

    def embed(people: int, each: int, width: int, noise: float = 1.0):
        generator = torch.Generator().manual_seed(0)
        person = torch.arange(people).repeat_interleave(each)
        centre = torch.randn(people, width, generator=generator)
        return centre[person] + noise * torch.randn(len(person), width, generator=generator), person

    return embed
