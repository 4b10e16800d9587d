"""The Typer app. Importing this must stay quick: `locktrace --help` takes under 0.3 s."""

from __future__ import annotations

import sys

import typer

from locktrace.cli import demo, detach, dump, explain, ps, run, scan, stalls, watch
from locktrace.errors import LocktraceError

EXIT_CODES = """\
Exit codes: 0 all went well · 1 something else went wrong · 2 usage · 3 no such process ·
4 not permitted · 5 not traced · 6 the target or its agent was lost · 7 could not be saved ·
8 no Python that can be entered · 9 could not be entered as it stands now ·
10 the kernel cannot be asked ·
70 `run` made findings."""

app = typer.Typer(
    name="locktrace",
    help="Who holds the lock, who waits for it, since when, and why it is never let go.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
PASS_ON = {"ignore_unknown_options": True, "allow_interspersed_args": False}

app.command("demo", epilog=demo.EXAMPLES)(demo.demo)
app.command("run", epilog=run.EXAMPLES, context_settings=PASS_ON)(run.run)
app.command("ps", epilog=ps.EXAMPLES)(ps.ps)
app.command("attach", epilog=watch.ATTACH_EXAMPLES)(watch.attach)
app.command("watch", epilog=watch.WATCH_EXAMPLES)(watch.watch)
app.command("dump", epilog=dump.EXAMPLES)(dump.dump)
app.command("detach", epilog=detach.EXAMPLES)(detach.detach)
app.command("scan", epilog=scan.EXAMPLES)(scan.scan)
app.command("explain", epilog=explain.EXAMPLES)(explain.explain)
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
    except BrokenPipeError:
        # The reader of a pipe has had enough; nothing more can be said to it.
        sys.stderr.close()
        sys.exit(141)
