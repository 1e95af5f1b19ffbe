"""Fetching: patient with what passes, plain about what does not, and silent about keys."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest

from analysis.refresh import web as web_module
from analysis.refresh.web import TRIES, Refused, Wanted, Web, kept
from publisher import Answer, Asked, Publisher, as_json, publishing

SECRET = "k3y-of-a-user"


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    with publishing() as made:
        yield made


class Calm:
    """A `Web` that waits for nothing and remembers for how long it would have, and what it said."""

    def __init__(self, folder: Path, pause: float = 0.0) -> None:
        self.waits: list[float] = []
        self.said: list[str] = []
        self.web = Web(folder, pause=pause, progress=self.said.append, sleep=self.waits.append)


@pytest.fixture
def calm(tmp_path: Path) -> Calm:
    return Calm(tmp_path / "kept")


def wanted(publisher: Publisher, **more: object) -> Wanted:
    return replace(Wanted("Example", f"{publisher.address}/data", {"year": "2019"}), **more)  # type: ignore[arg-type]


def test_an_answer_is_kept_as_it_came_with_hash_time_and_address(publisher: Publisher, calm: Calm) -> None:
    body = json.dumps({"data": [1, 2, "Pyŏngyang"]}, ensure_ascii=False).encode()
    publisher.one_after_the_other(Answer(body))
    before = datetime.now(UTC).replace(microsecond=0)
    raw = calm.web.get(wanted(publisher))
    assert raw.path.read_bytes() == body and raw.json() == json.loads(body)
    assert raw.sha256 == hashlib.sha256(body).hexdigest() and raw.path.stem == raw.sha256 and raw.size == len(body)
    assert raw.address == f"{publisher.address}/data?year=2019"
    assert before <= datetime.fromisoformat(raw.fetched) <= datetime.now(UTC)
    (entry,) = kept(calm.web.folder)
    assert entry["sha256"] == raw.sha256 and entry["address"] == raw.address and entry["fetched"] == raw.fetched
    assert publisher.asked[0].parameters == {"year": "2019"}
    assert "china-dprk-report" in publisher.asked[0].headers["user-agent"]


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 408])
def test_what_passes_is_waited_for_longer_each_time(publisher: Publisher, calm: Calm, status: int) -> None:
    publisher.one_after_the_other(*[Answer(status=status)] * 3, as_json({}))
    assert calm.web.get(wanted(publisher)).json() == {}
    assert calm.waits == [1.0, 2.0, 4.0]
    assert calm.said[0] == f"Example: it answered {status}; again in 1 s\n"


def test_the_time_that_a_publisher_asks_for_is_given(publisher: Publisher, calm: Calm) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    publisher.one_after_the_other(
        Answer(status=429, headers={"Retry-After": "17"}), Answer(status=503, headers={"Retry-After": later}),
        Answer(status=503, headers={"Retry-After": "soon"}), as_json({}),
    )  # fmt: skip
    calm.web.get(wanted(publisher))
    assert calm.waits[0] == 17 and 90 < calm.waits[1] <= 100 and calm.waits[2] == 4


def test_too_long_a_wait_is_left_to_the_user(publisher: Publisher, calm: Calm) -> None:
    publisher.one_after_the_other(Answer(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(Refused, match=r"^Example asks to be left alone for 60 minutes: try later\.$"):
        calm.web.get(wanted(publisher))
    assert len(publisher.asked) == 1 and not calm.waits


def test_after_so_many_tries_it_is_given_up(publisher: Publisher, calm: Calm) -> None:
    publisher.one_after_the_other(Answer(status=503))
    with pytest.raises(Refused, match=rf"^Example cannot be fetched: it answered 503, {TRIES} times\.$"):
        calm.web.get(wanted(publisher))
    assert len(publisher.asked) == TRIES


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(status=404), "Example answered 404."),
        (as_json({"message": "Only one period."}, status=400), "Example answered 400: Only one period."),
        (as_json({"statusCode": 401, "message": f"Key {SECRET} is invalid"}, status=401),
         "Example answered 401: Key … is invalid."),
        (Answer(b"<html>Bad gateway</html>", status=403), "Example answered 403."),
        (as_json(["no", "sentence"], status=400), "Example answered 400."),
        (Answer(status=302, headers={"Location": "http://127.0.0.1:9/"}), "Example answered 302."),
    ],
)  # fmt: skip
def test_what_does_not_pass_is_refused_at_once(publisher: Publisher, calm: Calm, answer: Answer, said: str) -> None:
    publisher.one_after_the_other(answer)
    with pytest.raises(Refused) as error:
        calm.web.get(wanted(publisher, key=("Example-Key", SECRET)))
    assert str(error.value) == said and len(publisher.asked) == 1


@pytest.mark.parametrize(
    ("body", "form", "said"),
    [
        (b"<!DOCTYPE html><title>Maintenance</title>", "json", "a web page, not JSON"),
        (b"\xef\xbb\xbf\n <html>", "csv", "a web page, not CSV"),
        (b"<html>", "zip", "no zip archive, but a web page"), (b"year,value\n", "zip", "no zip archive"),
        (b"", "csv", "empty"), (b" \n", "json", "empty"), (b"year,value\n", "json", "no JSON"),
    ],
)  # fmt: skip
def test_a_page_with_status_200_is_no_answer(
    publisher: Publisher, calm: Calm, body: bytes, form: str, said: str
) -> None:
    publisher.one_after_the_other(Answer(body))
    with pytest.raises(Refused, match=rf"^The answer of Example is {said}\.$"):
        calm.web.get(wanted(publisher, form=form))
    assert [path for path in calm.web.folder.iterdir() if path.is_file()] == []


def test_broken_json_is_refused_when_it_is_read(publisher: Publisher, calm: Calm) -> None:
    publisher.one_after_the_other(Answer(b'{"data": [1, 2'))
    with pytest.raises(Refused, match=r"^The answer of Example is no JSON: "):
        calm.web.get(wanted(publisher)).json()


def test_a_download_that_breaks_off_goes_on_where_it_stopped(publisher: Publisher, calm: Calm) -> None:
    body = b"[" + b"1," * 200_000 + b"1]"

    def answers(asked: Asked) -> Answer:
        if "range" not in asked.headers:
            return Answer(body[:150_000], promised=len(body), headers={"ETag": '"one"'})
        start = int(asked.headers["range"].removeprefix("bytes=").removesuffix("-"))
        assert asked.headers["if-range"] == '"one"' and 0 < start <= 250_000
        if len(publisher.asked) == 2:  # and breaks off once more
            return Answer(body[start : start + 100_000], 206, {"ETag": '"one"'}, promised=len(body) - start)
        return Answer(body[start:], status=206, headers={"ETag": '"one"'})

    publisher.answers = answers
    assert calm.web.get(wanted(publisher)).path.read_bytes() == body
    assert len(publisher.asked) == 3 and calm.waits == [1.0, 2.0]


def test_without_a_mark_of_its_version_a_download_begins_anew(publisher: Publisher, calm: Calm) -> None:
    body = b"[" + b"1," * 100_000 + b"1]"
    publisher.one_after_the_other(
        Answer(body[:90_000], promised=len(body), headers={"ETag": 'W/"weak"'}), Answer(body)
    )
    assert calm.web.get(wanted(publisher)).path.read_bytes() == body
    assert "range" not in publisher.asked[1].headers


def test_a_file_that_changed_in_between_is_taken_as_a_whole(publisher: Publisher, calm: Calm) -> None:
    old, new = b"[" + b"1," * 100_000 + b"1]", b"[2]"
    publisher.one_after_the_other(
        Answer(old[:90_000], promised=len(old), headers={"ETag": '"old"'}), Answer(new, headers={"ETag": '"new"'})
    )
    assert calm.web.get(wanted(publisher)).json() == [2]


def test_an_answer_that_stays_out_is_not_waited_for_for_ever(
    publisher: Publisher, calm: Calm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_module, "SECONDS_TO_ANSWER", 0.1)
    publisher.one_after_the_other(Answer(b"[1]", seconds=30.0))
    begun = time.monotonic()
    with pytest.raises(Refused, match="it did not answer in time, 5 times"):
        calm.web.get(wanted(publisher))
    assert time.monotonic() - begun < 20


def test_nobody_there_is_one_sentence(calm: Calm) -> None:
    with pytest.raises(Refused, match=r"^Example cannot be fetched: there is no connection, 5 times\.$"):
        calm.web.get(Wanted("Example", "http://127.0.0.1:9/data"))


def test_too_large_an_answer_is_refused(
    publisher: Publisher, calm: Calm, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_module, "MOST_BYTES", 100_000)
    publisher.one_after_the_other(Answer(b"[" + b"1," * 100_000 + b"1]"))
    with pytest.raises(Refused, match="The answer of Example is larger than 0 GB"):
        calm.web.get(wanted(publisher))


def test_a_place_that_cannot_be_written_is_one_sentence(publisher: Publisher, tmp_path: Path) -> None:
    publisher.one_after_the_other(as_json({}))
    (tmp_path / "kept").mkdir()
    part = hashlib.sha256(wanted(publisher).whole.encode()).hexdigest()[:16]
    (tmp_path / "kept" / f"{part}.part").mkdir()
    with pytest.raises(Refused, match=r"^Example cannot be kept: Is a directory\.$"):
        Calm(tmp_path / "kept").web.get(wanted(publisher))


def test_a_key_is_sent_and_stands_nowhere(publisher: Publisher, calm: Calm) -> None:
    publisher.one_after_the_other(Answer(status=500), as_json({"data": []}))
    asked = wanted(publisher, key=("Example-Key", SECRET))
    raw = calm.web.get(asked)
    assert all(request.headers["example-key"] == SECRET for request in publisher.asked)
    files = [path.read_bytes() for path in calm.web.folder.rglob("*") if path.is_file()]
    told = "".join(calm.said) + repr(asked) + repr(raw)
    assert files and all(SECRET.encode() not in content for content in files) and SECRET not in told


def test_a_host_is_left_in_peace_between_two_requests(publisher: Publisher, tmp_path: Path) -> None:
    publisher.one_after_the_other(as_json({}))
    calm = Calm(tmp_path / "kept", pause=50.0)
    for year in ("2017", "2018", "2019"):
        calm.web.get(wanted(publisher, parameters={"year": year}))
    assert len(calm.waits) == 2 and all(45 < seconds <= 50 for seconds in calm.waits)
