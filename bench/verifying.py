"""Checking every chain of a region and replaying it, in microseconds of the processor a line."""

from collections.abc import Iterator

from audit.lines import check_line, kept_words, stored_lines
from audit.verification import verify
from bench.worlds import World, measured, open_region, world
from opora.canonical import genesis
from opora.database import reading

ROUNDS = 3


def measure(scale: float) -> Iterator[str]:
    for cases in (int(1_000 * scale), int(10_000 * scale)):
        with world(cases) as region:
            open_region(region)
            found = verify(region.engine)
            whole = min(measured(lambda: verify(region.engine)).cpu for _ in range(ROUNDS))
            chains = min(measured(lambda: _chains(region)).cpu for _ in range(ROUNDS))
            yield (
                f"{cases:>6} cases: {found.lines} lines, ok={found.ok}; the chain "
                f"{chains / found.lines * 1e6:.0f} µs a line, replay and comparison "
                f"{(whole - chains) / found.lines * 1e6:.0f} µs"
            )


def _chains(region: World) -> None:
    """Every line read, parsed, written again and hashed; nothing replayed."""
    subject, seq, previous = "", 0, b""
    with reading(region.engine) as session:
        for lines in stored_lines(session):
            words = kept_words(session, lines)
            for line in lines:
                if line[1] != subject:
                    subject, seq, previous = line[1], 0, genesis(line[1])
                seq += 1
                check_line(line, seq, previous, words.get(line[0], {}))
                previous = line[12]
