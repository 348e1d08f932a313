"""What a reader is told of a recording that is damaged, or that the disk did not take."""

import shutil
from pathlib import Path

import httpx
import pytest

from server.lesson import catalog
from server.log import seals
from tests.conftest import serving

pytestmark = pytest.mark.real_processes

IDS = ("whole", "cut", "nothing")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with one run whole, one damaged in its last tenth and one of which nothing is left."""
    path = tmp_path_factory.mktemp("kept")
    (path / "runs").mkdir()
    shipped = catalog.recording_path("concurrency-parallelism", "processes")
    assert shipped is not None
    whole = seals.compress(seals.seal_all(seals.read(shipped.read_bytes()).lines))
    flipped = bytearray(whole)
    flipped[len(whole) * 19 // 20] ^= 1
    for run, content in zip(IDS, (whole, bytes(flipped), bytes(len(whole))), strict=True):
        (path / "runs" / f"{run}.ndjson.gz").write_bytes(content)
    return path


def test_a_damaged_recording_is_410_says_so_in_both_languages_and_plays_what_is_left(data: Path) -> None:
    with serving(data) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        whole = client.get("/api/runs/whole/log").text.splitlines()
        answer = client.get("/api/runs/cut")
        log = client.get("/api/runs/cut/log").text.splitlines()
        pages = [client.get(f"/{lang}/lessons/concurrency-parallelism?run=cut") for lang in ("en", "zh")]
        stream = client.get("/api/runs/cut/events").text
        assert client.get("/api/runs/whole").status_code == 200
    assert answer.status_code == 410
    left = answer.json()["left"]
    assert answer.json()["detail"].startswith(
        f"The recording of this run is damaged: good up to entry {left['entries']}, "
    )
    assert log[:-1] == whole[: left["entries"]]
    assert left["entries"] >= 0.9 * len(whole)
    assert [page.status_code for page in pages] == [410, 410]
    assert "The recording is damaged; its good beginning plays." in pages[0].text
    assert "录制有损坏，播放的是完好的开头部分。" in pages[1].text
    assert '"note":"damaged"' in stream


def test_a_recording_of_which_nothing_is_left_is_410_everywhere_and_never_404(data: Path) -> None:
    with serving(data) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        answers = [
            client.get(f"/api/runs/nothing{rest}") for rest in ("", "/log", "/events", "/trace.json", "/replay.html")
        ]
        pages = [client.get(f"/{lang}/lessons/concurrency-parallelism?run=nothing") for lang in ("en", "zh")]
    assert {answer.status_code for answer in [*answers, *pages]} == {410}
    assert "is damaged, and nothing of it can be played" in pages[0].text
    assert "已损坏" in pages[1].text


def test_a_server_that_cannot_keep_runs_says_so_in_readyz_the_run_its_stream_its_page_and_its_log(
    tmp_path: Path,
) -> None:
    (tmp_path / "runs").write_text("a file where the directory should be")
    with serving(tmp_path) as served, httpx.Client(base_url=served.url, timeout=60) as client:
        ready = client.get("/readyz").json()
        made = client.post("/api/runs", json={"lesson": "concurrency-parallelism"}).json()
        stream = client.get(f"/api/runs/{made['id']}/events").text
        run = client.get(f"/api/runs/{made['id']}").json()
        pages = [client.get(f"/{lang}/lessons/concurrency-parallelism?run={made['id']}").text for lang in ("en", "zh")]
    sentence = "not kept: the data directory has gone; bring it back, or set TIMESLICE_DATA_DIR"
    assert ready["not_kept"] == run["not_kept"] == sentence
    assert run["status"] == "finished"
    assert '"note":"not_kept.gone"' in stream
    assert "This run is not kept: the server&#39;s data directory has gone." in pages[0]
    assert "这次运行没有保存：服务器的数据目录不见了。" in pages[1]
    assert f"runs in {tmp_path}/runs are {sentence} (File exists)" in served.said.read_text()
    shutil.rmtree(tmp_path / "runs", ignore_errors=True)
