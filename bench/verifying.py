"""Checking every chain of a region and replaying it, in microseconds a line."""

from collections.abc import Iterator

from audit.verification import verify
from bench.worlds import open_region, timed, world


def measure(scale: float) -> Iterator[str]:
    for cases in (int(1_000 * scale), int(10_000 * scale)):
        with world(cases) as region:
            open_region(region)
            found = []
            seconds = timed(lambda region=region, found=found: found.append(verify(region.engine)))
            lines = found[0].lines
            yield (
                f"{cases:>6} cases: {lines} lines, ok={found[0].ok}, {seconds:.2f} s, "
                f"{seconds / lines * 1e6:.0f} µs a line with the replay"
            )
