"""Renders the editions that are under version control, and brings the head of README.md up to date.

Run it after a change of data, code or notebooks: `make publish`. A code host shows a PDF and a picture but no
HTML page, so the files are kept in reports/published/ as they are; clock times and hashes of a build are not.
A test refuses published facts that a fresh build would not give.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import readme
from analysis.render import build

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "reports" / "published"
EDITIONS = ("default", "essays-2016")
# Charts are in the documents; one stands in README.md.
PICTURE = "figures/summary_story.png"


def published_files(files: tuple[str, ...], edition: str) -> list[str]:
    """The files of a built report that are published: documents, facts and tables, and the picture of README.md."""
    kept = [name for name in files if name.startswith("tables") or name in ("index.html", "report.pdf", "facts.json")]
    return kept + [PICTURE] * (edition == EDITIONS[0])


def main() -> None:
    for edition in EDITIONS:
        built = build.build(edition, progress=lambda text: print(text, end="", flush=True))
        target = FOLDER / edition
        shutil.rmtree(target, ignore_errors=True)
        for name in published_files(built.files, edition):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(built.output / name, target / name)
        print(f"published: {target.relative_to(ROOT)}")
    readme.main()


if __name__ == "__main__":
    sys.exit(main())
