"""`locktrace explain WORD`: what a kind of finding, or a rule of the scanner, means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import typer

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
    from locktrace.diagnose.explanation import page_of
    from locktrace.scan.rules import explain as page_of_rule

    kind, rule = page_of(word), page_of_rule(word)
    pages = [f"{word.lower()}\n\n{kind}"] if kind is not None else []
    if rule is not None:  # a rule may have the name of what it foresees
        pages.append(rule)
    if not pages:
        raise typer.BadParameter(
            f"there is no finding and no rule {word!r}; `locktrace explain` lists them"
        )
    typer.echo("\n".join(pages))


def _list() -> Iterator[str]:
    from locktrace.diagnose.explanation import summary_of
    from locktrace.diagnose.registry import KINDS
    from locktrace.scan.rules import RULES

    yield "Findings of a running program:"
    for kind in sorted(KINDS):
        yield f"  {kind:<26}{summary_of(kind)}"
    yield "Rules of `locktrace scan`:"
    for code, rule in RULES.items():
        yield f"  {code:<8}{rule.name}"
