"""A process that carries a pass through Prefect, chunk by chunk, and says so line by line."""

import sys
import time

import casework.cycles.opening
from flows import running
from opora.database import connect
from opora.settings import Settings

if __name__ == "__main__":
    casework.cycles.opening.CHUNK, running.PATIENCE = 2, 2
    settings = Settings()

    def tell(*said: object) -> None:
        sys.stdout.write(" ".join(str(one) for one in said) + "\n")
        sys.stdout.flush()
        time.sleep(1)

    done = running.run_pass(
        settings,
        connect(settings.database_url),
        int(sys.argv[1]),
        on_chunk=lambda one: tell("chunk", one.counts["cases"]),
        on_notice=lambda said: tell("notice", said),
    )
    tell("done", done.is_done, done.counts["cases"])
