"""The benchmark of a class, with lessons of one cell, and its model on made numbers."""

import statistics
from pathlib import Path

import pytest

from benchmarks import RESULTS, classroom
from facecourse.kit import evidence

CELL = """# %%
import os, time
words = bytearray(64 * 2**20)
assert os.environ["FACELIB_PROFILE"] == "quick"
print(os.environ["FACELIB_THREADS"])
time.sleep(0.3)
"""


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    sources = [tmp_path / f"{name}_tiny.py" for name in ("03", "05")]
    for source in sources:
        source.write_text(CELL)
    monkeypatch.setattr(classroom, "SOURCES", sources)
    monkeypatch.setattr(classroom, "EVERY", 0.1)
    monkeypatch.setattr(classroom, "measure_servers", lambda folder: 100.0)
    return sources


def test_every_kernel_is_timed_and_what_they_share_counts_once(tiny, tmp_path):
    classroom.main([(1, 2), (2, 2), (2, 1), (1, 1)], tmp_path)
    rounds = evidence.read("classroom", tmp_path)["rounds"]
    found = [(one["kernels"], one["threads"], len(one["each"])) for one in rounds]
    assert found == [(1, 2, 2), (2, 2, 2), (2, 1, 2), (1, 1, 2)]
    for one in rounds:
        assert [row["lesson"] for row in one["each"]] == ["03", "05"]
        for row in one["each"]:
            assert row["seconds"] > 0.3
            assert row["cpu"] > 0
            assert 64 < row["pss"] <= row["rss"]
    alone, pair, *_ = rounds
    assert 1.1 < pair["MiB"] / alone["MiB"] < 2.05


def test_a_lesson_that_fails_stops_the_benchmark(tiny, tmp_path):
    tiny[1].write_text("# %%\n1 / 0\n")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        classroom.main([(2, 2)], tmp_path)


def test_thirty_students_follow_from_the_line_and_the_cores():
    def measured(kernels, threads, mib, seconds, cpu):
        each = [{"seconds": seconds, "cpu": cpu}] * kernels
        return {"kernels": kernels, "threads": threads, "MiB": mib, "each": each}

    rounds = [measured(n, 2, 300 + 500 * n, 40, 60) for n in (1, 4, 8)]
    found = classroom.extrapolate([*rounds, measured(8, 1, 9, 9, 9)], 100, threads=2)
    assert found["MiB a kernel"] == pytest.approx(500)
    assert found["MiB shared"] == pytest.approx(300)
    assert found["GiB"] == pytest.approx((300 + 30 * 600) / 1024)
    assert found["CPU seconds"] == pytest.approx(60)
    assert found["minutes by cores"] == pytest.approx({8: 3.75, 16: 1.875, 32: 0.9375})


def test_the_guide_for_servers_says_what_was_measured_and_what_follows():
    guide = (Path(__file__).parents[2] / "docs" / "teaching" / "server.md").read_text("utf-8")
    found = evidence.read("classroom", RESULTS)
    rounds, rows = found["rounds"], []
    for kernels, threads in ((1, 1), (8, 1), (1, 2), (4, 2), (8, 2)):
        same = [one for one in rounds if (one["kernels"], one["threads"]) == (kernels, threads)]
        each = [row for one in same for row in one["each"]]
        seconds, cpu = (statistics.median(row[name] for row in each) for name in ("seconds", "cpu"))
        memory = max(one["MiB"] for one in same) / 1024
        rows.append(f"| {kernels} | {threads} | {seconds:.0f} s | {cpu:.0f} s | {memory:.1f} GiB |")
    for one in found["extrapolated"]:
        minutes = " | ".join(f"{value:.1f}" for value in one["minutes by cores"].values())
        rows.append(f"| {one['threads']} | {one['GiB']:.0f} GiB | {minutes} |")
    loads = [one["load"] for one in rounds]
    rows.append(f"load of {min(loads):.0f} to {max(loads):.0f}")
    own, server = found["extrapolated"][0]["MiB a kernel"], found["MiB a server"]
    rows.append(f"{own / 1024:.1f} GiB for each kernel and {server / 1024:.1f} for its server")
    assert [row for row in rows if row not in guide] == []
