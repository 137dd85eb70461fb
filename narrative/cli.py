"""The ``narrative`` command: arguments in, messages out; the work is done elsewhere."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from narrative.console import Console

_RUN = click.argument("folder", type=click.Path(path_type=Path))
_RESULTS = click.option(
    "--results",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the run (default: results beside STUDY).",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="narrative")
def cli() -> None:
    """Framings, stance and the record in dated documents."""


@cli.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the tables.",
)
@click.option(
    "--from", "from_stage", metavar="STAGE", help="Recompute this stage and those after it."
)
@click.option(
    "--engine",
    type=click.Choice(["local", "dask"]),
    default="local",
    show_default=True,
    help="Who works: this process, or workers of Dask. The tables are the same.",
)
@click.option("--scheduler", default="", help="Dask: address or file of a scheduler that runs.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Dask: processes to start here, where no scheduler is named (default: one a processor).",
)
@click.option(
    "--partition",
    type=click.IntRange(min=1),
    default=100,
    show_default=True,
    help="Documents in memory at a time; so many are done again after an interruption.",
)
@click.option(
    "--skip-rows",
    is_flag=True,
    help="Leave out rows of the documents file that cannot be read, and name them.",
)
def run(study: Path, out: Path, from_stage: str | None, **how: Any) -> None:
    """Run STUDY.toml: documents to claims, framings, stance, timeline and ledger.

    A run that was interrupted goes on where it stopped. A document that cannot be worked on is left
    out, and named with its row.
    """
    from narrative.partitions import engine_of
    from narrative.pipeline import run_study
    from narrative.study import read_study

    parts = {name: how.pop(name) for name in ("partition", "skip_rows")}
    console = Console()
    try:
        read = read_study(study)
        with engine_of(**how) as engine:
            manifest = run_study(
                read, out, from_stage=from_stage, reporter=console, engine=engine, **parts
            )
    finally:
        console.close()
    left = len({s["doc_id"] for s in manifest["skipped"]})
    told = f" Documents left out: {left}; manifest.json names them." if left else ""
    if "prefilter" in manifest:
        unread, total = (manifest["prefilter"][k] for k in ("unread", "documents"))
        told = f" Documents discarded unread: {unread:,} of {total:,}.{told}"
    click.echo(f"Tables, numbers.json and manifest.json are in {out}.{told}")


@cli.command()
@click.argument("study", type=click.Path(path_type=Path))
@click.option(
    "--characters",
    type=click.IntRange(min=1000),
    default=60_000,
    show_default=True,
    help="Characters of the documents that are run for it.",
)
def plan(study: Path, characters: int) -> None:
    """Say what a run of STUDY.toml will take: time, memory, disk, cached vectors.

    Some of its documents are run for that, in a folder of their own.
    """
    from narrative.forecast import forecast, table
    from narrative.study import read_study

    click.echo(table(forecast(read_study(study), characters=characters)))


@cli.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
def init(folder: Path) -> None:
    """Make a study to fill in at FOLDER (which must not hold one)."""
    import shlex

    from narrative.template import write_template

    write_template(folder)
    study, results = (shlex.quote(str(folder / name)) for name in ("study.toml", "results"))
    click.echo(
        f"{folder}: fill in documents.csv and the rest, then: narrative run {study} --out {results}"
    )


@cli.command()
@_RUN
@click.option(
    "--to",
    "target",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write (default FOLDER/report.html).",
)
@click.option(
    "--without-text",
    is_flag=True,
    help="Leave out the documents' texts (identifiers, offsets and hashes stay).",
)
def report(folder: Path, target: Path | None, without_text: bool) -> None:
    """Write one self-contained HTML page of the run in FOLDER; any browser opens it as a file."""
    from narrative.report import write_report
    from narrative.run_folder import check_run, check_target

    check_run(folder)
    path = target or folder / "report.html"
    check_target(path, (".html", ".htm"))
    write_report(folder, path, with_text=not without_text)
    click.echo(f"{path} written.")


@cli.command()
@_RUN
@click.option(
    "--only", multiple=True, metavar="NAME", help="Draw this figure (default: all of them)."
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(["pdf", "svg", "png"]),
    multiple=True,
    default=("pdf", "png"),
    show_default=True,
)
@click.option(
    "--width", type=click.Choice(["single", "double"]), default="double", show_default=True
)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write (default FOLDER/figures).",
)
def figures(
    folder: Path, only: tuple[str, ...], formats: tuple[str, ...], width: str, out: Path | None
) -> None:
    """Draw the standard figures of the run in FOLDER from its tables.

    With them come figures.json (hashes of figures and tables) and gallery.html (one page with all).
    """
    from narrative.figures import draw_figures
    from narrative.run_folder import check_run

    check_run(folder)
    listing = draw_figures(folder, out, only=only, formats=formats, width=width)
    for name, why in listing["too_little"].items():
        click.echo(f"Note: {name} not drawn: {why}.", err=True)
    click.echo(f"{len(listing['figures'])} figures are in {out or folder / 'figures'}.")


@cli.command()
@_RUN
@click.option(
    "--study", type=click.Path(path_type=Path), help="Compare its inputs with the run's, too."
)
@click.option(
    "--paper",
    type=click.Path(path_type=Path),
    help="Check numbers.tex and the tables that 'narrative paper' wrote there, too.",
)
def verify(folder: Path, study: Path | None, paper: Path | None) -> None:
    """Check that the run in FOLDER is as it was written, and follows from its tables.

    Every table is hashed, every number, derived table and figure is made again; what differs is
    named, by row and column. Exit code 1 if anything does.
    """
    from narrative.run_folder import check_paper_folder, check_run
    from narrative.study import read_study
    from narrative.verify import made_by_other, verify_run

    check_run(folder, tables=False)
    if paper is not None:
        check_paper_folder(folder, paper)
    found = verify_run(folder, None if study is None else read_study(study))
    if paper is not None:
        from narrative.paper import check_paper

        found += check_paper(folder, paper)
    for other in made_by_other(folder):
        click.echo(f"Note: made by another version ({other}).", err=True)
    for difference in found:
        click.echo(str(difference))
    if found:
        click.echo(
            f"Differences: {len(found)}. Bring the files back from a copy, or have them made again "
            "(narrative run STUDY --out FOLDER, then figures and paper).",
            err=True,
        )
        raise click.exceptions.Exit(1)
    click.echo(f"{folder}: all files are as they were written, and follow from each other.")


_ALSO = click.option(
    "--also",
    multiple=True,
    metavar="NAME",
    help="Cite this, too: a key or use of the shipped bibliography, such as pelt.",
)


@cli.command()
@_RUN
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for the files.",
)
@_ALSO
def paper(folder: Path, out: Path, also: tuple[str, ...]) -> None:
    """Write what a paper takes from the run in FOLDER.

    LaTeX tables, numbers.tex (a macro for every number), methods.tex and .md, datasheet.md and
    references.bib. Methods, datasheet and bibliography that were edited are left as they are.
    """
    from narrative.paper import write_paper
    from narrative.run_folder import check_run

    check_run(folder)
    written, left = write_paper(folder, out, also=also)
    for name in left:
        click.echo(f"Note: {out / name} was edited, and left as it is.", err=True)
    click.echo(f"{', '.join(written)} are in {out}.")


@cli.command()
@_RUN
@_ALSO
def cite(folder: Path, also: tuple[str, ...]) -> None:
    """Print BibTeX of what the run in FOLDER rests on.

    The package, its models, the methods that this run used, and the references of its ledger.
    """
    from narrative.figures.sheets import RunTables
    from narrative.paper import bibtex, cited
    from narrative.run_folder import check_run

    check_run(folder)
    click.echo(bibtex(cited(RunTables(folder), also)), nl=False)


@cli.command()
@click.argument("study", type=click.Path(path_type=Path))
@_RESULTS
@click.option("--header", is_flag=True, help="Write the header row too.")
def sources(study: Path, results: Path | None, header: bool) -> None:
    """List who speaks in a run of STUDY and is not in its sources, most claims first.

    STUDY is a study file or the folder of a run. Rows ready for sources.csv (source_id, name, kind,
    camp, aliases) go to the standard output, so that ">> sources.csv" appends them; their counts
    and an example of each go to the standard error. Camps are to be filled in by hand.
    """
    from narrative.run_folder import find_run
    from narrative.speakers.unresolved import as_csv, examples, unresolved
    from narrative.storage import read_table

    needed = ("claims", "sources", "documents")
    folder = find_run(study, results, needed)
    tables = [read_table(folder / f"{n}.parquet") for n in needed]
    found = unresolved(*tables)
    click.echo(as_csv(found, header=header), nl=False)
    click.echo(examples(found), err=True)


@cli.command()
@click.argument("source")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="Folder for documents.csv, collected.csv and problems.csv.",
)
@click.option("--retry-failed", is_flag=True, help="Ask again for pages that gave no document.")
@click.option("--limit", type=click.IntRange(min=1), help="Most pages to ask for in this run.")
@click.option("--delay", default=1.0, show_default=True, help="Seconds between requests to a host.")
@click.option("--timeout", default=30.0, show_default=True, help="Seconds to wait for an answer.")
@click.option(
    "--retries", default=3, show_default=True, help="Further tries after 429, 5xx, a timeout."
)
@click.option("--max-bytes", default=10_000_000, show_default=True, help="Largest page, unpacked.")
@click.option(
    "--min-chars", default=200, show_default=True, help="Fewest characters of an article."
)
@click.option("--hosts", default=4, show_default=True, help="Most hosts asked at one time.")
@click.option("--user-agent", default="", help="Name to ask under, with a way to reach you.")
@click.option(
    "--allow-private", is_flag=True, help="Also ask hosts that are not on the public internet."
)
def collect(source: str, out: Path, retry_failed: bool, limit: int | None, **settings: Any) -> None:
    """Fetch the pages that SOURCE lists and make a documents.csv of their articles.

    SOURCE is a CSV with a column url (and, if wanted, outlet and published_at), or a sitemap or
    feed, as a file or as an address. Run the same command again to go on after an interruption:
    pages in collected.csv are not asked for again. Why a page gave no document is in problems.csv.
    """
    from narrative.collect import check_installed

    check_installed()
    from narrative.collect.options import Options
    from narrative.collect.run import collect as run_collection

    console = Console()
    console.stage("collect", kept=False)
    try:
        got = run_collection(
            source,
            out,
            Options(**settings),
            retry_failed=retry_failed,
            limit=limit or 0,
            progress=console.progress,
            note=console.note,
        )
    finally:
        console.close()
    click.echo(got.told(out))


@cli.group()
def framings() -> None:
    """Work with the framings that a run discovered."""


@framings.command()
@click.argument("study", type=click.Path(path_type=Path))
@_RESULTS
@click.option("--unstable", is_flag=True, help="Also framings that are not certified as stable.")
def suggest(study: Path, results: Path | None, unstable: bool) -> None:
    """Write what a run of STUDY discovered as entries of a codebook, to be edited.

    STUDY is a study file or the folder of a run. The entries go to the standard output, so that
    ">> codebook.toml" appends them. Their propositions are claims as they were said: write what all
    of a framing's claims assert in their place, and its opposite as the counter.
    """
    from narrative.framings.suggest import CERTIFIED, suggest_entries
    from narrative.run_folder import find_run
    from narrative.storage import read_table
    from narrative.study import read_study

    needed = ("framings", "claims")
    folder = find_run(study, results, needed)
    table, claims = (read_table(folder / f"{n}.parquet") for n in needed)
    codebook = None if folder == study else read_study(study).codebook()
    click.echo(suggest_entries(table, claims, codebook=codebook, unstable=unstable), nl=False)
    found = table[table["origin"] == "discovered"]
    kept = int(found["certificate"].isin(CERTIFIED).sum())
    left_out = "" if unstable or kept == len(found) else " (left out; --unstable has them, too)"
    click.echo(
        f"{len(found)} framings discovered, {len(found) - kept} of them not stable{left_out}.",
        err=True,
    )


def main() -> None:
    """Run the command; errors are one message and exit code 1, an interruption 130."""
    from narrative.errors import NarrativeError

    try:
        # Outside its standalone mode click returns the code of an Exit, and leaves it at that.
        code = cli(standalone_mode=False)
        if isinstance(code, int):
            sys.exit(code)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except NarrativeError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
    except MemoryError:
        click.echo(
            "Error: there is no more memory. What a run has finished is kept: give the same "
            "command where there is more, or a run fewer documents at a time (--partition 10).",
            err=True,
        )
        sys.exit(1)
    except (KeyboardInterrupt, click.Abort):
        click.echo(
            "Interrupted. Finished stages are kept; run the same command to go on.", err=True
        )
        sys.exit(130)


if __name__ == "__main__":
    main()
