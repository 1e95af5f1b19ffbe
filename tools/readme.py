"""Writes the findings and the chart at the head of README.md from the facts of the default edition.

`make publish` runs it, with the picture it names. A test refuses a README that is behind.
"""

from __future__ import annotations

from pathlib import Path

from analysis import Report, figures, prose

ROOT = Path(__file__).parents[1]
PICTURE = "reports/published/default/figures/summary_story.png"  # tools/publish.py puts it there
START, END = "<!-- findings: written by tools/readme.py -->", "<!-- end of findings -->"


def block(report: Report) -> str:
    """The generated part of README.md: the chart with its alt text, and one line a finding."""
    chart = figures.story(report).node()
    findings = [finding.headline.text for finding in prose.summary.findings(report).findings]
    image = f"![{chart['alt']}]({PICTURE})"
    return "\n".join([START, image, "", *(f"- {text}" for text in findings), END])


def written(readme: str, report: Report) -> str:
    """`readme` with its generated part brought up to date."""
    before, _, rest = readme.partition(START)
    return before + block(report) + rest.partition(END)[2]


def main() -> None:
    report, readme = Report(), ROOT / "README.md"
    readme.write_text(written(readme.read_text(encoding="utf-8"), report), encoding="utf-8")


if __name__ == "__main__":
    main()
