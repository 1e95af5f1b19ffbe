"""Takes pictures of a built report, for a person to look at: the page on a phone and a desk, light and dark, folded and
opened, as a browser prints it, and the pages of the PDF.

    .venv/bin/python tools/look.py [REPORT] [PICTURES]

REPORT is the folder of a report (reports/default), PICTURES an empty folder to make (reports/look). Needs Chromium;
pages of a PDF become pictures where pdftoppm is installed.
"""

from __future__ import annotations

import base64
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from chromium import Browser, program  # noqa: E402

WIDTHS, TALLEST = (390, 1440), 2400


def main(report: Path, pictures: Path) -> None:
    found = program()
    if found is None:
        sys.exit("No Chromium was found on this machine, so there is nothing to take pictures with.")
    if not (report / "index.html").is_file():
        sys.exit(f"There is no report in {report}: run `make report` first, or name another folder.")
    pictures.mkdir(parents=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        browser = Browser(found, Path(profile))
        try:
            for width in WIDTHS:
                for dark in (False, True):
                    browser.open(report / "index.html", width, dark=dark)
                    _shots(browser, pictures, width, f"{width}-{'dark' if dark else 'light'}")
                    browser.run("openAll()")
                    _shots(browser, pictures, width, f"{width}-{'dark' if dark else 'light'}-opened")
            browser.open(report / "index.html", WIDTHS[1], media="print")
            made = browser.send("Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True)
            (pictures / "printed.pdf").write_bytes(base64.b64decode(made["data"]))
        finally:
            browser.close()
    if pdftoppm := shutil.which("pdftoppm"):
        for file, name in ((pictures / "printed.pdf", "printed"), (report / "report.pdf", "pdf")):
            subprocess.run([pdftoppm, "-r", "80", "-png", str(file), str(pictures / name)], check=True)
    print(f"{len(list(pictures.glob('*.png')))} pictures are in {pictures}")


def _shots(browser: Browser, folder: Path, width: int, name: str) -> None:
    """The whole page, cut into pieces of at most TALLEST pixels."""
    height = browser.run("document.documentElement.scrollHeight")
    for number, top in enumerate(range(0, height, TALLEST), start=1):
        clip = {"x": 0, "y": top, "width": width, "height": min(TALLEST, height - top), "scale": 1}
        shot = browser.send("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        (folder / f"{name}-{number:02}.png").write_bytes(base64.b64decode(shot["data"]))


if __name__ == "__main__":
    given = [Path(text) for text in sys.argv[1:]]
    main(*(given + [ROOT / "reports" / "default", ROOT / "reports" / "look"][len(given) :]))
