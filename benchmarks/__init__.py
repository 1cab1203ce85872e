"""What no lesson shows: peers, throughput, the GPU. Each writes JSON into benchmarks/results."""

from pathlib import Path

RESULTS = Path(__file__).parent / "results"
