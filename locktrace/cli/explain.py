"""`locktrace explain WORD`: what a rule of the scanner means, with an example and the remedy."""

from __future__ import annotations

from typing import Annotated

import typer

EXAMPLES = "Examples: locktrace explain LT101 · locktrace explain order-inversion"


def explain(
    word: Annotated[str, typer.Argument(help="Code or name of a rule of `locktrace scan`.")],
) -> None:
    """Explain a rule: what it says, a small example, the usual remedy."""
    from locktrace.scan.rules import RULES
    from locktrace.scan.rules import explain as page_of

    page = page_of(word)
    if page is None:
        known = ", ".join(f"{code} {rule.name}" for code, rule in RULES.items())
        raise typer.BadParameter(f"there is no rule {word!r}; there are {known}")
    typer.echo(page)
