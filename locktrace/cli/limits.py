"""`--threshold NAME=SECONDS`: how long something lasts before it is told of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from locktrace.diagnose import Thresholds

Limits = Annotated[
    list[str] | None,
    typer.Option(
        "--threshold",
        metavar="NAME=SECONDS",
        help="How long it lasts before it is told of, as long-hold-after=0.5; may be repeated.",
    ),
]

StallAfter = Annotated[
    float | None, typer.Option(min=0.1, help="Seconds a wait lasts before it is a stall.")
]


def thresholds(limits: list[str] | None, stall_after: float | None = None) -> Thresholds:
    """What `--threshold` and `--stall-after` say; typer.BadParameter for what makes no sense."""
    from locktrace.diagnose import Thresholds

    given = dict(map(_limit, limits or ()))
    known = Thresholds().by_option()
    for name in given:
        if name not in known:
            raise typer.BadParameter(
                f"there is no threshold {name!r}; the thresholds are {', '.join(known)}"
            )
    if stall_after is not None:
        given["stall-after"] = stall_after
    return Thresholds(**{name.replace("-", "_"): seconds for name, seconds in given.items()})


def _limit(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        seconds = float(value)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < float("inf"):
        raise typer.BadParameter(f"--threshold takes NAME=SECONDS, not {text!r}")
    return name.strip(), seconds
