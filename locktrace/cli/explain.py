"""`locktrace explain WORD`: what a kind of finding, or a rule of the scanner, means."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Annotated

import typer

WIDEST = 100  # cells: longer lines are hard to read

EXAMPLES = (
    "Examples: locktrace explain · locktrace explain lock-order-inversion · locktrace explain LT101"
)


def explain(
    word: Annotated[
        str, typer.Argument(help="A kind of finding, or code or name of a rule of `scan`.")
    ] = "",
) -> None:
    """Explain a finding or a rule: what it says, an example, the remedy; without WORD, list all."""
    if not word:
        typer.echo("\n".join(_list()))
        return
    from locktrace.cli.pages import laid_out
    from locktrace.diagnose.explanation import page_of
    from locktrace.scan.rules import explain as page_of_rule

    kind, rule = page_of(word), page_of_rule(word)
    pages = []
    if kind is not None:
        width = min(shutil.get_terminal_size().columns, WIDEST)
        pages.append(laid_out(f"{word.lower()}\n\n{kind}\n{_thresholds(kind)}", width))
    if rule is not None:  # a rule may have the name of what it foresees
        pages.append(rule)
    if not pages:
        told = f"there is no finding and no rule {word!r}{_meant(word)}"
        raise typer.BadParameter(f"{told}; `locktrace explain` lists them")
    typer.echo("\n\n".join(page.strip("\n") for page in pages))


def _thresholds(page: str) -> str:
    """What the thresholds that `page` names are, and how they are set."""
    from locktrace.diagnose.thresholds import Thresholds

    named = {
        option: seconds
        for option, seconds in Thresholds().by_option().items()
        if option.replace("-", "_") in page
    }
    values = ", ".join(f"`{name}={seconds:g}`" for name, seconds in named.items())
    return f"Unless set by `--threshold NAME=SECONDS`: {values}." if named else ""


def _meant(word: str) -> str:
    from difflib import get_close_matches

    from locktrace.diagnose.registry import KINDS
    from locktrace.scan.rules import RULES

    names = [*KINDS, *(rule.name for rule in RULES.values())]
    near = get_close_matches(word.lower(), names, n=1)
    return f" (did you mean {near[0]}?)" if near else ""


def _list() -> Iterator[str]:
    from locktrace.diagnose.explanation import summary_of
    from locktrace.diagnose.registry import KINDS
    from locktrace.scan.rules import RULES
    from locktrace.snapshots.layout import wrap

    width = min(shutil.get_terminal_size().columns, WIDEST)
    yield "Findings of a running program:"
    for kind in sorted(KINDS):
        yield from wrap(summary_of(kind), width, " " * 28, first=f"  {kind:<26}")
    yield "Rules of `locktrace scan`:"
    for code, rule in RULES.items():
        yield f"  {code:<8}{rule.name}"
