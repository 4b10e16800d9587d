"""Kinds of command line arguments, each refused with one sentence."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)")
_LONGEST = 365 * 24 * 3600.0
_HIGHEST_RATE = 100_000.0


class SentenceParser(argparse.ArgumentParser):
    """Says what is wrong without repeating the usage; exit code 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"locktrace_demo: {message}\n")


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """An argument type: a number from `least` to `most`."""

    def parse(text: str) -> int:
        if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from {least} to {most}")
        return int(text)

    return parse


def rate(text: str) -> float:
    """An argument type: times per second, 0 for never."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= _HIGHEST_RATE:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 to {_HIGHEST_RATE:.0f}")
    return value


def duration(text: str) -> float:
    """An argument type: ``500ms``, ``8s``, ``5m``, ``1h``; gives seconds."""
    match = _DURATION.fullmatch(text)
    seconds = float(match[1]) * _UNITS[match[2]] if match else 0.0
    if not 0 < seconds <= _LONGEST:
        raise argparse.ArgumentTypeError(
            f"'{text}' is not a duration of up to a year, such as 500ms, 8s, 5m or 1h"
        )
    return seconds
