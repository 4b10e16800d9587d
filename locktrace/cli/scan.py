"""`locktrace scan PATH…`: every lock and unlock in the source, and those that do not pair."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from locktrace.scan.config import Config
    from locktrace.scan.records import Report

EXAMPLES = (
    "Examples: locktrace scan src · locktrace scan src --list · "
    "locktrace scan src --format sarif -o scan.sarif · "
    "locktrace scan src --since report.json. Exit codes: 0 clean · 1 findings · 2 usage."
)


class ScanFormat(StrEnum):
    """How a scan is written."""

    TABLE = "table"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


def scan(
    paths: Annotated[
        list[Path] | None, typer.Argument(help="Files and folders to scan.", show_default=False)
    ] = None,
    format: Annotated[ScanFormat, typer.Option(help="How to write it.")] = ScanFormat.TABLE,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; else standard output.")
    ] = None,
    list_: Annotated[
        bool, typer.Option("--list", help="List every operation on a lock first.")
    ] = False,
    select: Annotated[
        list[str] | None, typer.Option(help="Rules to run: codes, names or prefixes, with commas.")
    ] = None,
    ignore: Annotated[list[str] | None, typer.Option(help="Rules to leave out.")] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="File of known findings, which are not told again.")
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write the findings to the baseline, and end.")
    ] = False,
    since: Annotated[
        Path | None, typer.Option(help="Report of `locktrace run`: list what it never released.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("-j", "--jobs", min=1, help="Processes.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="pyproject.toml to read; else the nearest.")
    ] = None,
) -> None:
    """List every lock and unlock in the source, and report those that do not pair."""
    from locktrace.errors import UsageError
    from locktrace.scan import baseline as known

    if since is not None:
        raise typer.Exit(_since(since, paths or []))
    if not paths:
        raise UsageError("give the files or folders to scan")
    settings = _settings(paths[0], config, select or [], ignore or [], baseline)
    report = _scanned(paths, settings, jobs)
    if write_baseline:
        if settings.baseline is None:
            raise UsageError(
                "--write-baseline needs --baseline FILE, or `baseline` in [tool.locktrace.scan]"
            )
        known.save(settings.baseline, report.findings)
        typer.echo(f"{len(report.findings)} findings written to {settings.baseline}")
        return
    _write(_without_known(report, settings), format, list_, output)


def _settings(
    first: Path, config: Path | None, select: list[str], ignore: list[str], baseline: Path | None
) -> Config:
    from dataclasses import replace

    from locktrace.pyproject import find_pyproject
    from locktrace.scan.config import codes_of, load

    settings = load(config or find_pyproject(first))
    return replace(
        settings,
        select=codes_of(select) or settings.select,
        ignore=codes_of(ignore) | settings.ignore,
        baseline=baseline or settings.baseline,
    )


def _scanned(paths: list[Path], settings: Config, jobs: int | None) -> Report:
    from locktrace.scan.engine import scan as run
    from locktrace.scan.progress import Progress

    progress = Progress()
    try:
        return run(paths, settings, jobs, progress)
    finally:
        progress.close()


def _without_known(report: Report, settings: Config) -> Report:
    from dataclasses import replace

    from locktrace.scan.baseline import new_findings

    if settings.baseline is None:
        return report
    told = new_findings(report.findings, settings.baseline)
    return replace(report, findings=tuple(told), baselined=len(report.findings) - len(told))


def _write(report: Report, format: ScanFormat, with_listing: bool, output: Path | None) -> None:
    from locktrace.scan.report import FORMATS

    text = FORMATS[format.value](report, with_listing)
    if output is None:
        typer.echo(text)
    else:
        from locktrace.cli.files import write

        write(output, text + "\n")
    if report.findings:
        raise typer.Exit(1)


def _since(report: Path, paths: list[Path]) -> int:
    from locktrace.scan.agreement import findings_in
    from locktrace.scan.config import Config
    from locktrace.scan.since import lines, unreleased_sites

    sites = unreleased_sites(report)
    findings = (
        _scanned(paths, Config(), None).findings if paths else findings_in(s.file for s in sites)
    )
    for line in lines(sites, findings):
        typer.echo(line)
    if not sites:
        typer.echo("the run released every lock that it acquired")
    return 1 if sites else 0
