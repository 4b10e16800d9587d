"""The Typer app. Importing this must stay quick: `locktrace --help` takes under 0.3 s."""

from __future__ import annotations

import errno
import os
import sys
from typing import Any

import typer
from typer.core import TyperGroup

from locktrace.cli import demo, detach, dump, explain, ps, run, scan, stalls, watch
from locktrace.errors import CannotSaveError, LocktraceError

EXIT_CODES = """\
Exit codes: 0 all went well · 1 something else went wrong · 2 usage · 3 no such process ·
4 not permitted · 5 not traced · 6 the target or its agent was lost · 7 could not be saved ·
8 no Python that can be entered · 9 could not be entered as it stands now ·
10 the kernel cannot be asked ·
70 `run` made findings."""

UNWRITABLE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF}


class Commands(TyperGroup):
    """The commands, with endings that typer has not."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except BrokenPipeError:  # typer would make a plain 1 of it
            _drop_output()
            raise typer.Exit(141) from None
        except typer.BadParameter as error:
            error.message = error.message.removeprefix(
                "Value error, "
            )  # pydantic's, not for people
            raise


app = typer.Typer(
    name="locktrace",
    cls=Commands,
    help="Who holds the lock, who waits for it, since when, and why it is never let go.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}

# What is said of each in the list of all is one line of 80 columns.
app.command("demo", epilog=demo.EXAMPLES)(demo.demo)
app.command(
    "run",
    epilog=run.EXAMPLES,
    context_settings=PASS_ON,
    short_help="Run a Python program traced, and its children; report at the end.",
)(run.run)
app.command(
    "ps",
    epilog=ps.EXAMPLES,
    short_help="List the Python processes, and which of them are traced.",
)(ps.ps)
app.command(
    "attach",
    epilog=watch.ATTACH_EXAMPLES,
    short_help="Open the live screen on a running process, also one that hangs.",
)(watch.attach)
app.command("watch", epilog=watch.WATCH_EXAMPLES)(watch.watch)
app.command(
    "dump",
    epilog=dump.EXAMPLES,
    short_help="Print who holds what, who waits, the findings and all stacks.",
)(dump.dump)
app.command("detach", epilog=detach.EXAMPLES)(detach.detach)
app.command(
    "scan",
    epilog=scan.EXAMPLES,
    short_help="List the locks and unlocks in the source; report the unpaired.",
)(scan.scan)
app.command(
    "explain",
    epilog=explain.EXAMPLES,
    short_help="Explain a finding or a rule, with an example and the remedy.",
)(explain.explain)
app.add_typer(stalls.app, name="stalls")


def main() -> None:
    """The `locktrace` command: an error is one sentence and its exit code, never a traceback."""
    try:
        app()
    except LocktraceError as error:
        from locktrace.wording import plain

        print(f"locktrace: {plain(str(error))}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        if error.filename is not None or error.errno not in UNWRITABLE:
            raise
        _drop_output()
        print(f"locktrace: cannot write the output: {error.strerror}", file=sys.stderr)
        sys.exit(CannotSaveError.exit_code)


def _drop_output() -> None:
    """What is buffered still must not fail once more when the interpreter ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
