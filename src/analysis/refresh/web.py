"""Fetching from publishers: patient, polite, and with whatever came kept as it came.

An answer is written to the cache while it comes, and a download that breaks off goes on where it stopped. What is kept
is named by its hash; beside it stands from where and when it came. A key is sent in a header, to the publisher's own
host alone, and is written and printed nowhere.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlencode, urlsplit

from .. import __version__
from ..errors import UserError, shown
from ..project import project_root

if TYPE_CHECKING:
    import requests

TRIES = 5
SECONDS_TO_CONNECT, SECONDS_TO_ANSWER = 15, 90
LONGEST_WAIT = 300  # seconds: a publisher that asks for more is asked again by the user
MOST_BYTES = 4_000_000_000
CHUNK = 1 << 16
LONGEST_BREAK = timedelta(days=1)  # an interrupted fetch goes on where it stopped for this long
BUSY = (408, 425, 429, 500, 502, 503, 504)
Form = Literal["json", "csv", "zip", "html"]


class Refused(UserError):
    """An answer that is not what was asked for; nothing was changed."""

    exit_code = 1


@dataclass(frozen=True)
class Wanted:
    """One address to fetch. `key` is a header with a secret: the only part that is never written down.

    `only`: nothing else is asked of the publisher, so that a file of the user's can be no other.
    """

    name: str
    address: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    form: Form = "json"
    key: tuple[str, str] | None = field(default=None, repr=False)
    only: bool = False

    @property
    def whole(self) -> str:
        """The address with its parameters, as it is recorded."""
        return f"{self.address}?{urlencode(self.parameters)}" if self.parameters else self.address


@dataclass(frozen=True)
class Raw:
    """An answer in the cache: its bytes, their hash, and from where and when they came (UTC)."""

    name: str
    address: str
    path: Path
    sha256: str
    size: int
    fetched: str

    def json(self) -> Any:
        """The answer as JSON; raises Refused where it is none."""
        try:
            return json.loads(self.path.read_bytes())
        except ValueError as error:
            raise Refused(f"The answer of {self.name} is no JSON: {shown(str(error), 80)}.") from None


class Web:
    """Fetches one address after the other, with `pause` seconds between two requests to one host."""

    def __init__(
        self, folder: Path | None = None, *, pause: float = 1.0, progress: Callable[[str], None] = lambda text: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.folder = folder or project_root() / ".cache" / "refresh"
        self._pause, self._progress, self._sleep = pause, progress, sleep
        self._last: dict[str, float] = {}
        self._journal: Path | None = None
        self._received: dict[str, Raw] = {}
        self._session = _session()

    def has(self, wanted: Wanted) -> bool:
        """Whether an answer may be asked for at all; of a publisher any may."""
        return True

    def tell(self, text: str) -> None:
        """Say how far a fetch of many requests has come."""
        self._progress(text)

    @contextlib.contextmanager
    def resuming(self, name: str) -> Iterator[None]:
        """Inside, what an interrupted fetch of this `name` received less than a day ago is not asked for again.

        A fetch that comes to its end asks for everything anew the next time.
        """
        self._journal = self.folder / f"{name}.unfinished.jsonl"
        self._received = _received(self._journal)
        try:
            yield
            self._journal.unlink(missing_ok=True)
        finally:
            self._journal, self._received = None, {}

    def forget(self, raw: Raw) -> None:
        """Ask for this answer again, even if the fetch goes on where it stopped."""
        if self._journal is not None and raw.address in self._received:
            del self._received[raw.address]
            self._journal.write_text("".join(_line(held) for held in self._received.values()), encoding="utf-8")

    def get(self, wanted: Wanted) -> Raw:
        """The answer to `wanted`, now in the cache. Raises Refused with the reason where there is none to be had."""
        if held := self._received.get(wanted.whole):
            return replace(held, name=wanted.name)
        self.folder.mkdir(parents=True, exist_ok=True)
        part = self.folder / f"{hashlib.sha256(wanted.whole.encode()).hexdigest()[:16]}.part"
        try:
            for number in range(1, TRIES + 1):
                wait = self._try(wanted, part)
                if wait is None:
                    return self._keep(wanted, part)
                if number == TRIES:
                    break
                seconds = wait.seconds if wait.seconds is not None else 2.0 ** (number - 1)
                if seconds > LONGEST_WAIT:
                    raise Refused(f"{wanted.name} asks to be left alone for {seconds / 60:.0f} minutes: try later.")
                self._progress(f"{wanted.name}: {wait.reason}; again in {seconds:.0f} s\n")
                self._sleep(seconds)
            raise Refused(f"{wanted.name} cannot be fetched: {wait.reason}, {TRIES} times." if wait else "")
        except OSError as error:
            raise Refused(f"{wanted.name} cannot be kept: {error.strerror or error}.") from None

    def _try(self, wanted: Wanted, part: Path) -> _Wait | None:
        """One request; None when the whole answer lies in `part`, else why not and how long to wait."""
        import requests

        self._let_rest(wanted)
        held = part.stat().st_size if part.exists() else 0
        etag = part.with_suffix(".etag")
        headers = dict([wanted.key]) if wanted.key else {}
        if held and etag.exists():
            headers |= {"Range": f"bytes={held}-", "If-Range": etag.read_text("utf-8")}
        try:
            with self._session.get(
                wanted.address, params=dict(wanted.parameters), headers=headers, stream=True,
                timeout=(SECONDS_TO_CONNECT, SECONDS_TO_ANSWER),
                # A redirect would carry the key to whatever host it names.
                allow_redirects=wanted.key is None,
            ) as answer:  # fmt: skip
                if answer.status_code in BUSY:
                    return _Wait(f"it answered {answer.status_code}", _asked_to_wait(answer))
                if answer.status_code not in (200, 206):
                    raise Refused(f"{wanted.name} answered {answer.status_code}{self._said(wanted, answer)}.")
                self._receive(wanted, answer, part, etag)
        except requests.exceptions.InvalidURL:
            raise Refused(f"{wanted.name} has no such address as {shown(wanted.address, 120)}.") from None
        except requests.exceptions.Timeout:
            return _Wait("it did not answer in time")
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError):
            return _Wait("the connection broke off" if part.exists() else "there is no connection")
        except requests.exceptions.RequestException as error:
            raise Refused(f"{wanted.name} cannot be fetched: {type(error).__name__}.") from None
        return None

    def _receive(self, wanted: Wanted, answer: requests.Response, part: Path, etag: Path) -> None:
        tag = answer.headers.get("ETag", "")
        if tag and not tag.startswith("W/"):
            etag.write_text(tag, encoding="utf-8")
        else:
            etag.unlink(missing_ok=True)
        with part.open("ab" if answer.status_code == 206 else "wb") as file:
            told = time.monotonic()
            for chunk in answer.iter_content(CHUNK):
                file.write(chunk)
                if file.tell() > MOST_BYTES:
                    raise Refused(f"The answer of {wanted.name} is larger than {MOST_BYTES / 1e9:.0f} GB.")
                if time.monotonic() - told > 5:
                    told = time.monotonic()
                    self._progress(f"{wanted.name}: {file.tell() / 1e6:.1f} MB\n")

    def _keep(self, wanted: Wanted, part: Path) -> Raw:
        """The finished download under the name of its hash, after a look at what it is."""
        digest, size = hashlib.sha256(), part.stat().st_size
        with part.open("rb") as file:
            first = file.read(512)
            digest.update(first)
            while chunk := file.read(CHUNK):
                digest.update(chunk)
        part.with_suffix(".etag").unlink(missing_ok=True)
        if fault := fault_of(first, wanted.form):
            part.unlink()
            raise Refused(f"The answer of {wanted.name} is {fault}.")
        path = self.folder / f"{digest.hexdigest()}.{wanted.form}"
        part.replace(path)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        raw = Raw(wanted.name, wanted.whole, path, digest.hexdigest(), size, now)
        with (self.folder / "fetched.jsonl").open("a", encoding="utf-8") as log:
            log.write(_line(raw))
        if self._journal is not None:
            self._received[raw.address] = raw
            with self._journal.open("a", encoding="utf-8") as journal:
                journal.write(_line(raw))
        return raw

    def _let_rest(self, wanted: Wanted) -> None:
        host = urlsplit(wanted.address).netloc
        since = time.monotonic() - self._last.get(host, float("-inf"))
        if since < self._pause:
            self._sleep(self._pause - since)
        self._last[host] = time.monotonic()

    def _said(self, wanted: Wanted, answer: requests.Response) -> str:
        """What the publisher says of an error, if it is a sentence; without the key, should it repeat it."""
        with contextlib.suppress(ValueError):
            return said(answer.json(), wanted.key[1] if wanted.key else "")
        return ""


@dataclass(frozen=True)
class _Wait:
    reason: str
    seconds: float | None = None


def said(body: object, secret: str = "") -> str:
    """The sentence that an answer holds in place of data, behind a colon and without the key; empty where none."""
    if not isinstance(body, dict):
        return ""
    text = next((body[name] for name in ("message", "error", "detail") if isinstance(body.get(name), str)), "").strip()
    if secret:
        text = text.replace(secret, "…")
    return f": {shown(text.rstrip('.'), 160)}" if text else ""


def kept(folder: Path) -> Iterator[dict[str, Any]]:
    """What was fetched into `folder`, in order: address, hash, size, time."""
    log = folder / "fetched.jsonl"
    if log.exists():
        yield from map(json.loads, log.read_text(encoding="utf-8").splitlines())


def _line(raw: Raw) -> str:
    return json.dumps({**asdict(raw), "path": raw.path.name}, ensure_ascii=False) + "\n"


def _received(journal: Path) -> dict[str, Raw]:
    """What an interrupted fetch wrote down, by address, as far as it is recent and still lies there unaltered."""
    found: dict[str, Raw] = {}
    if not journal.exists():
        return found
    earliest = datetime.now(UTC) - LONGEST_BREAK
    for line in journal.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError, TypeError, KeyError, OSError):  # a line that was cut off, a file that went
            held = json.loads(line)
            raw = Raw(**{**held, "path": journal.parent / held["path"]})
            same = hashlib.sha256(raw.path.read_bytes()).hexdigest() == raw.sha256
            if same and datetime.fromisoformat(raw.fetched) >= earliest:
                found[raw.address] = raw
    return found


def _session() -> requests.Session:
    import requests

    session = requests.Session()
    session.headers["User-Agent"] = f"china-dprk-report/{__version__} (+python-requests)"
    return session


def _asked_to_wait(answer: requests.Response) -> float | None:
    """Seconds of the header Retry-After, a number or a date."""
    text = answer.headers.get("Retry-After", "").strip()
    if text.isdecimal():
        return float(text)
    with contextlib.suppress(ValueError, TypeError):
        return max((parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds(), 0.0)
    return None


def fault_of(first: bytes, form: Form) -> str:
    """What is wrong with an answer by its first bytes; empty where nothing is."""
    start = first.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        return "empty"
    if form == "zip":
        return "" if first.startswith(b"PK") else "no zip archive" + (", but a web page" if start[:1] == b"<" else "")
    if form == "html":
        return "" if start[:1] == b"<" else "no web page"
    if start[:1] == b"<":
        return f"a web page, not {form.upper()}"
    if form == "json" and start[:1] not in b"[{":
        return "no JSON"
    return ""
