"""`python -m bench.views`: kernel time to draw each interactive view on the gallery's sample data.

Every number is a median of milliseconds, from the sample's file to what is sent to the page and stored in
the notebook.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial

from bench.measure import medians
from labkit.show.interactive.gallery import VIEWS, gallery

#: Milliseconds. What a person takes for at once:
#: https://www.nngroup.com/articles/response-times-3-important-limits/
AIM = 100


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table; 1 if a view took longer than it may."""
    parser = argparse.ArgumentParser(prog="python -m bench.views", description=__doc__)
    parser.add_argument("--count", type=int, default=20, help="how often each view is drawn (20)")
    found = drawings(parser.parse_args(arguments).count)
    print(f"median milliseconds; the aim is {AIM}")
    for name, taken in found.items():
        print(f"{name:<34}{taken:8.1f}")
    return int(max(found.values()) > AIM)


def drawings(count: int) -> dict[str, float]:
    """Milliseconds by view."""
    return medians({name: partial(_draw, name) for name in VIEWS}, count=count)


def _draw(name: str) -> None:
    for view in gallery(name).views:
        view.get_state()
        view._repr_mimebundle_()
        view.close()


if __name__ == "__main__":
    raise SystemExit(main())
