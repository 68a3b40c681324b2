"""Measurements as ratios to hand-written SQL that does the same writes in the same run.

python -m bench [opening] [round] [action] [verify] [growth] [kills] [machines] [judging] [pairing]
                [reports]                 [--scale 1.0]
"""

import argparse

from bench import (
    action,
    growth,
    judging,
    kills,
    machines,
    opening,
    pairing,
    reminding,
    reports,
    verifying,
)

PARTS = {
    "opening": opening.measure,
    "round": reminding.measure,
    "action": action.measure,
    "verify": verifying.measure,
    "growth": growth.measure,
    "kills": kills.measure,
    "machines": machines.measure,
    "judging": judging.measure,
    "pairing": pairing.measure,
    "reports": reports.measure,
}
ONLY_NAMED = {"growth", "kills", "machines", "judging", "pairing", "reports"}
"""These take minutes, so they are measured when they are named."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "parts", nargs="*", choices=PARTS, help="which parts; by default the first four"
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="size, 1.0 = the figures of README"
    )
    given = parser.parse_args()
    for name in given.parts or [part for part in PARTS if part not in ONLY_NAMED]:
        print(f"\n== {name}", flush=True)
        for line in PARTS[name](given.scale):
            print("  ", line, flush=True)


main()
