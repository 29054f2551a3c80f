"""The video desk over a real server: from an uploaded clip to a rendered film, and everything that goes wrong."""

import io
import json
import shutil
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pyloudnorm
import pytest
from film_desk import desk
from film_media import clicks, heard, make_clip, seen, tone, turned
from PIL import Image
from small_server import serving

from catalog.values import TrackId
from encoders.errors import MediaError
from encoders.media.mastering import true_peaks
from retrieval.film import jobs
from ui.compose import App
from ui.settings import load_settings

CUTS = (2.0, 3.48, 6.0)
SHIFT_S = 7.3
LICENCES = {
    "knocks": ("CC-BY-4.0", "Knocks by Ada Sun, CC BY 4.0"),
    "hum": ("CC0-1.0", None),
    "shared": ("CC-BY-SA-4.0", None),
    "unpaid": ("CC-BY-NC-3.0", None),
    "whole": ("CC-BY-ND-4.0", None),
    "strange": (None, None),
}


def sounds():
    beats = [2.2, *(SHIFT_S + cut for cut in CUTS), 20.0, 24.4]
    made = {"knocks": clicks(30.0, beats)}
    rng = np.random.default_rng(0)
    for n, name in enumerate(list(LICENCES)[1:]):
        made[name] = tone(20.0, 0.1, 200.0 + 50 * n, 22_050) + 0.01 * rng.normal(size=20 * 22_050).astype(np.float32)
    return {
        name: (made[name], {"title": name.title(), "artist": "Ada Sun", "licence": licence, "attribution": attribution})
        for name, (licence, attribution) in LICENCES.items()
    }


@pytest.fixture(scope="module")
def parts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    with pytest.MonkeyPatch.context() as monkeypatch, desk(folder, monkeypatch, sounds()) as opened:
        yield opened


@pytest.fixture(scope="module")
def api(parts):
    with serving(parts) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return make_clip(tmp_path_factory.mktemp("clips") / "Mein Fïlm & mehr.mp4", 8.0, CUTS, sound=tone(8.0))


@pytest.fixture(scope="module")
def film(api, clip):
    return upload(api, clip)


def upload(api, path, name=None):
    answer = api.post("/v1/films", files={"video": (name or path.name, path.read_bytes(), "video/mp4")})
    assert answer.status_code == 201, answer.text
    return answer.json()


def cued(track_id="knocks", start_s=0.0, end_s=8.0, **more):
    return {"start_s": start_s, "end_s": end_s, "track_id": track_id} | more


def put(api, film, cues, **more):
    return api.put(f"/v1/films/{film['id']}/cues", json={"cues": cues} | more)


def until(api, url, done=("done", "failed", "cancelled"), seconds=60):
    end = time.monotonic() + seconds
    while True:
        told = api.get(url).json()
        if told["status"] in done or time.monotonic() > end:
            return told
        time.sleep(0.1)


def rendered(api, film, path):
    started = api.post(f"/v1/films/{film['id']}/renders")
    assert started.status_code == 202, started.text
    told = until(api, f"/v1/renders/{started.json()['id']}")
    assert told["status"] == "done", told
    path.write_bytes(api.get(told["film_url"]).content)
    return told


def test_a_film_is_told_with_its_time_line(film):
    assert film["name"] == "Mein Fïlm & mehr.mp4"
    assert len(film["id"]) == 32
    assert (film["duration_s"], film["width"], film["height"], film["rate"]) == (8.0, 320, 180, "25")
    assert film["has_audio"] is True
    assert film["video"]["playable"] is True
    line = film["timeline"]
    assert line["exact"] is True
    assert [cut["time_s"] for cut in line["cuts"]] == pytest.approx(list(CUTS), abs=0.001)
    assert all(0.3 < cut["strength"] <= 1 for cut in line["cuts"])
    assert [shot["end_s"] for shot in line["shots"]] == pytest.approx([*CUTS, 8.0], abs=0.001)
    assert len(line["moments"]["motion"]) == len(line["moments"]["brightness"]) == 8
    levels = np.array(line["loudness"]["db"])
    assert len(levels) * line["loudness"]["step_s"] == pytest.approx(8.0, abs=0.3)
    assert levels[5:-5] == pytest.approx(20 * np.log10(0.2 / np.sqrt(2)), abs=0.3)
    assert [point["start_s"] for point in film["scene"]["curve"]] == list(range(8))


def test_pictures_are_bounded_and_can_be_fetched_one_by_one_or_all_at_once(api, film):
    told = film["timeline"]["thumbnails"]
    assert len(told["times_s"]) == 8
    first = api.get(told["url"].format(k=0))
    assert first.headers["content-type"] == "image/jpeg"
    assert "immutable" in first.headers["cache-control"]
    assert Image.open(io.BytesIO(first.content)).size == (told["width"], told["height"]) == (160, 90)
    sprite = api.get(told["sprite_url"])
    assert Image.open(io.BytesIO(sprite.content)).size == (8 * 160, 90)
    assert len(sprite.content) < 200_000
    assert api.get(told["url"].format(k=8)).status_code == 404
    assert api.get(f"/v1/films/{film['id']}/thumbnails/..%2fclip.jpg").status_code in {404, 422}


def test_the_clip_is_served_in_ranges(api, film, clip):
    whole = clip.read_bytes()
    answer = api.get(film["video"]["url"], headers={"Range": "bytes=100-199"})
    assert (answer.status_code, answer.content) == (206, whole[100:200])
    assert answer.headers["content-type"] == "video/mp4"
    assert answer.headers["content-range"] == f"bytes 100-199/{len(whole)}"


def test_a_clip_that_was_uploaded_before_needs_no_second_upload(api, clip):
    attached = api.post("/v1/attachments", files={"file": (clip.name, clip.read_bytes())}).json()
    answer = api.post("/v1/films", json={"upload_id": attached["id"]})
    assert answer.status_code == 201
    assert answer.json()["duration_s"] == 8.0
    assert api.post("/v1/films", json={"upload_id": "0" * 32}).status_code == 404
    assert api.post("/v1/films", json={"upload": 1}).status_code == 422
    assert api.post("/v1/films", files={"film": ("x", b"y")}).status_code == 422
    assert api.delete(f"/v1/films/{answer.json()['id']}").status_code == 204
    assert api.get(f"/v1/films/{answer.json()['id']}").status_code == 404


def test_suggestions_hold_what_may_lie_under_a_film_and_count_what_was_left_out(api, film):
    def ask(**told):
        answer = api.get(f"/v1/films/{film['id']}/suggestions", params={"n": 100, "text": "by Ada Sun"} | told).json()
        return answer, {track["track_id"] for track in answer["tracks"]} & set(LICENCES)

    answer, found = ask()
    assert found == {"knocks", "hum"}
    # The forty tracks of the small catalogue tell no licence; eight of them are by Ada Sun.
    assert answer["left_out"] == {"share-alike": 1, "non-commercial": 1, "no-derivatives": 1, "unknown": 9}
    assert any("same licence" in words for words in answer["left_out_words"])
    told = {track["track_id"]: track for track in answer["tracks"]}
    assert (told["knocks"]["terms"], told["knocks"]["credit"]) == ("attribution", "Knocks by Ada Sun, CC BY 4.0")
    assert told["hum"]["credit"] == "“Hum” by Ada Sun (CC0-1.0)"
    assert ask(licence="film-sharealike")[1] == {"knocks", "hum", "shared"}
    assert ask(licence="film-noncommercial")[1] == {"knocks", "hum", "unpaid"}
    assert ask(licence="any")[1] == set(LICENCES)
    assert api.get(f"/v1/films/{film['id']}/suggestions", params={"licence": "mine"}).status_code == 422


def test_words_outweigh_the_picture(api, film):
    found = api.get(
        f"/v1/films/{film['id']}/suggestions", params={"text": "harp orchard", "licence": "any", "n": 5}
    ).json()
    assert all("Orchard" in track["title"] for track in found["tracks"])


def test_a_segment_is_asked_for_by_its_own_picture(api, film):
    put(api, film, [{"start_s": 0.0, "end_s": 2.0}, {"start_s": 2.0, "end_s": 8.0}])
    ask = f"/v1/films/{film['id']}/suggestions?licence=any&segment="
    first, second = (api.get(ask + str(n)).json()["scene"] for n in (0, 1))
    assert len(first["curve"]) == 2
    assert len(second["curve"]) == 6
    assert first["valence"] != second["valence"]  # every other shot is half as bright
    refused = api.get(ask + "2")
    assert refused.status_code == 422
    assert "no segment 2" in refused.json()["detail"]


def test_the_offset_that_puts_the_knocks_on_the_cuts_is_offered_first(api, film):
    put(api, film, [cued(offset_s=0.0)])
    told = api.get(f"/v1/films/{film['id']}/offsets", params={"track_id": "knocks", "segment": 0}).json()
    assert told["cuts_s"] == pytest.approx(list(CUTS), abs=0.001)
    best = told["offsets"][0]
    assert best["offset_s"] == pytest.approx(SHIFT_S, abs=0.03)
    assert (best["hits"], best["cuts"], best["sync"]) == (3, 3, 1.0)
    assert api.get(f"/v1/films/{film['id']}/offsets", params={"track_id": "nobody"}).status_code == 404
    whole = api.get(f"/v1/films/{film['id']}/offsets", params={"track_id": "knocks"}).json()
    assert (whole["segment"], whole["cuts_s"]) == (None, told["cuts_s"])
    before = api.get(f"/v1/films/{film['id']}/cues").json()["cues"][0]
    put(api, film, [cued(offset_s=best["offset_s"])])
    after = api.get(f"/v1/films/{film['id']}/cues").json()["cues"][0]
    assert (before["sync"], after["sync"], after["hits"]) == (0.0, 1.0, 3)


def test_a_track_can_be_heard_as_it_would_sound_under_a_segment(api, film, parts, tmp_path):
    put(api, film, [cued(None, 0.0, 3.0), cued(None, 3.0, 8.0)])
    ask = {"track_id": "knocks", "segment": 1, "offset_s": SHIFT_S}
    answer = api.get(f"/v1/films/{film['id']}/audition", params=ask)
    assert answer.headers["content-type"] == "audio/flac"
    (tmp_path / "a.flac").write_bytes(answer.content)
    packed, rate = heard(tmp_path / "a.flac")
    sound = packed.reshape(-1, 2).T / 32768
    assert sound.shape[1] / rate == pytest.approx(5.0, abs=0.001)
    knocks = [
        time_s for time_s in (2.0, 3.48) if np.abs(sound[0, int((time_s - 0.05) * rate) :][: rate // 5]).max() > 0.3
    ]
    assert knocks == [2.0, 3.48]
    assert np.abs(sound[0, int(0.2 * rate) : int(1.8 * rate)]).max() < 0.05
    short = api.get(f"/v1/films/{film['id']}/audition", params=ask | {"length_s": 1.5})
    (tmp_path / "short.flac").write_bytes(short.content)
    assert heard(tmp_path / "short.flac")[0].size == pytest.approx(1.5 * 2 * rate, abs=4)
    ranged = api.get(f"/v1/films/{film['id']}/audition", params=ask, headers={"Range": "bytes=0-99"})
    assert (ranged.status_code, ranged.content) == (206, answer.content[:100])
    late = api.get(f"/v1/films/{film['id']}/audition", params=ask | {"offset_s": 500})
    assert late.status_code == 422
    assert api.get(f"/v1/films/{film['id']}/audition", params=ask | {"offset_s": "nan"}).status_code == 422


def test_a_curve_is_made_once(api, film, parts, monkeypatch):
    ask = {"track_id": "hum", "segment": 0}
    first = api.get(f"/v1/films/{film['id']}/offsets", params=ask).json()
    monkeypatch.setattr(parts.audio, "onsets", None)
    assert api.get(f"/v1/films/{film['id']}/offsets", params=ask).json() == first


def test_a_cue_sheet_is_a_document_with_revisions(api, film):
    first = api.get(f"/v1/films/{film['id']}/cues")
    tag = first.headers["etag"]
    assert api.get(f"/v1/films/{film['id']}/cues", headers={"If-None-Match": tag}).status_code == 304
    body = {"cues": [cued(gain_db=-3.0, fade_in_s=0.5, duck=True)], "original": "duck"}
    written = api.put(f"/v1/films/{film['id']}/cues", json=body, headers={"If-Match": tag})
    assert written.status_code == 200
    told = written.json()
    assert told["revision"] == first.json()["revision"] + 1
    assert written.headers["etag"] == f'"{told["revision"]}"'
    assert (told["cues"][0]["title"], told["cues"][0]["licence"]) == ("Knocks", "CC-BY-4.0")
    late = api.put(f"/v1/films/{film['id']}/cues", json=body, headers={"If-Match": tag})
    assert late.status_code == 412
    assert late.headers["etag"] == written.headers["etag"]
    assert put(api, film, body["cues"], original="duck").json()["revision"] == told["revision"]  # nothing changed
    old = api.get(f"/v1/films/{film['id']}/cues", params={"revision": told["revision"] - 1})
    assert old.json()["cues"] == first.json()["cues"]
    assert api.get(f"/v1/films/{film['id']}/cues", params={"revision": 99999}).status_code == 404


@pytest.mark.parametrize(
    ("cues", "words"),
    [
        ([cued(end_s=9.0)], "the film from 0 s to 8.00 s"),
        ([cued(start_s=-1.0)], "from -1.00 s"),
        ([cued(start_s=5.0, end_s=5.0)], "from 5.00 s to 5.00 s"),
        ([cued(end_s=5.0), cued(start_s=4.0)], "move one of the two"),
        ([cued(gain_db=90.0)], "Segment 1: gain_db is 90; give -60 to 12."),
        ([cued(fade_in_s=99.0)], "fade_in_s is 99"),
        ([cued(offset_s=-0.1)], "offset_s is -0.1"),
        ([cued(track_id="nobody")], "No track has the id 'nobody'"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused_in_one_sentence(api, film, cues, words):
    before = api.get(f"/v1/films/{film['id']}/cues").json()["revision"]
    refused = put(api, film, cues)
    assert refused.status_code in {404, 422}
    assert words in refused.json()["detail"]
    assert api.get(f"/v1/films/{film['id']}/cues").json()["revision"] == before


def test_not_a_number_is_no_time(api, film):
    body = '{"cues": [{"start_s": NaN, "end_s": 8.0}]}'
    refused = api.put(f"/v1/films/{film['id']}/cues", content=body, headers={"Content-Type": "application/json"})
    assert refused.status_code == 422


def test_every_export_is_offered_with_a_name(api, film):
    put(api, film, [cued(offset_s=SHIFT_S)])
    sheet = api.get(f"/v1/films/{film['id']}/cues").json()
    assert set(sheet["exports"]) == {"edl", "csv", "json", "otio", "fcpxml", "txt"}
    for name, url in sheet["exports"].items():
        answer = api.get(url)
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="mein-film-mehr.{name}"'
        assert "Knocks" in answer.text
        assert str(film["id"]) not in answer.text  # nothing of the server's disk
    assert "“Knocks”" in api.get(sheet["exports"]["txt"]).text or "Knocks by Ada Sun" in answer.text
    told = json.loads(api.get(sheet["exports"]["json"]).text)["cues"][0]
    assert (told["sync"], told["in"], told["out"], told["source"]) == (1.0, "00:00:00:00", "00:00:08:00", "knocks.wav")
    assert api.get(f"/v1/films/{film['id']}/cues.doc").status_code == 422
    assert "file:///" in api.get(sheet["exports"]["fcpxml"], params={"paths": True}).text


def test_a_rendered_film_has_its_picture_its_length_and_the_asked_loudness(api, film, clip, tmp_path):
    put(api, film, [cued("hum", 1.0, 7.0, offset_s=2.0, fade_in_s=0.5, fade_out_s=1.0)])
    told = rendered(api, film, tmp_path / "out.mp4")
    assert "copied" in told["message"]
    assert told["progress"] == 1.0
    codec, width, height, frames, seconds, _ = seen(tmp_path / "out.mp4")
    assert (codec, width, height, frames) == ("h264", 320, 180, 200)
    assert seconds == pytest.approx(8.0, abs=0.04)
    sound, rate = heard(tmp_path / "out.mp4")
    assert (rate, sound.shape[0]) == (48_000, 2)
    assert sound.shape[1] / rate == pytest.approx(8.0, abs=0.04)
    assert pyloudnorm.Meter(rate).integrated_loudness(sound.T) == pytest.approx(-14.0, abs=1.0)
    assert 20 * np.log10(true_peaks(sound.astype(np.float64)).max()) <= -1.0
    answer = api.get(told["film_url"], headers={"Range": "bytes=0-9"})
    assert answer.status_code == 206
    assert 'filename="mein-film-mehr-with-music.mp4"' in answer.headers["content-disposition"]


def test_music_stands_where_it_was_cued_and_the_clip_can_be_silenced(api, film, tmp_path):
    put(api, film, [cued("hum", 2.0, 6.0)], original="remove", loudness_lufs=None)
    rendered(api, film, tmp_path / "out.mp4")
    sound, rate = heard(tmp_path / "out.mp4")
    level = np.abs(sound[0])
    assert level[: int(1.9 * rate)].max() < 0.003
    assert level[int(6.1 * rate) :].max() < 0.003
    assert level[int(2.1 * rate) : int(5.9 * rate)].mean() > 0.02


def test_a_deleted_track_is_told_of_and_no_film_goes_out_without_it(api, film, parts, tmp_path):
    from film_desk import add_track
    from film_media import write_sound

    add_track(parts, "doomed", write_sound(tmp_path / "d.wav", tone(10.0, rate=22_050)), title="Doomed", licence="CC0")
    put(api, film, [cued("doomed", 1.0, 4.0)])
    parts.catalogue.library.remove([TrackId("doomed")])
    cue = api.get(f"/v1/films/{film['id']}/cues").json()["cues"][0]
    assert cue["title"] == "Doomed"
    assert "no longer in the catalogue" in cue["problem"]
    for refused in (api.post(f"/v1/films/{film['id']}/renders"), api.get(f"/v1/films/{film['id']}/cues.edl")):
        assert refused.status_code == 422
        assert "“Doomed”, cued at 1.0 s" in refused.json()["detail"]
    assert put(api, film, [cued("doomed", 1.0, 5.0)]).status_code == 200  # it may stay until it is replaced
    assert put(api, film, [cued("hum", 1.0, 5.0)]).json()["cues"][0]["problem"] is None


def test_a_render_can_be_cancelled_and_leaves_nothing(api, parts, tmp_path):
    long = upload(api, make_clip(tmp_path / "long.avi", 40.0, (), size=(960, 540), codec="mpeg4"))
    put(api, long, [cued("hum", 0.0, 40.0)])
    started = api.post(f"/v1/films/{long['id']}/renders").json()
    until(api, f"/v1/renders/{started['id']}", ("running",))
    told = api.delete(f"/v1/renders/{started['id']}").json()
    assert (told["status"], told["film_url"]) == ("cancelled", None)
    folder = parts.settings.data_dir / "films" / long["id"]
    end = time.monotonic() + 10
    while any(".part" in path.name for path in folder.iterdir()) and time.monotonic() < end:
        time.sleep(0.1)
    assert not [path.name for path in folder.iterdir() if started["id"] in path.name]
    assert api.get(f"/v1/renders/{started['id']}").json()["status"] == "cancelled"
    assert api.get(f"/v1/renders/{started['id']}/film").status_code == 404
    assert api.get("/v1/renders/none").status_code == 404


def test_what_browsers_do_not_play_gets_a_proxy(api, tmp_path):
    path = make_clip(tmp_path / "old.avi", 3.0, (1.0,), size=(200, 120), codec="mpeg4", sound=tone(3.0))
    film = upload(api, path)
    assert film["video"]["playable"] is False
    assert film["video"]["state"] in {"queued", "running", "ready"}
    end = time.monotonic() + 30
    while (answer := api.get(film["video"]["url"])).status_code == 503 and time.monotonic() < end:
        assert answer.headers["retry-after"] == "2"
        time.sleep(0.2)
    assert answer.headers["content-type"] == "video/mp4"
    (tmp_path / "proxy.mp4").write_bytes(answer.content)
    codec, width, height, frames, seconds, _ = seen(tmp_path / "proxy.mp4")
    assert (codec, width, height, frames) == ("h264", 200, 120, 75)
    assert seconds == pytest.approx(film["duration_s"], abs=0.041)
    sound, rate = heard(tmp_path / "proxy.mp4")
    middle = sound[0, rate // 2 : 2 * rate]
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.2 / np.sqrt(2), rel=0.05)  # as loud as it was
    assert api.get(f"/v1/films/{film['id']}").json()["video"]["state"] == "ready"
    assert api.get(film["video"]["url"], params={"original": True}).content == path.read_bytes()


def test_a_proxy_that_failed_is_made_once_more(api, tmp_path, monkeypatch):
    def full(self, job, task):
        raise MediaError("The disk is full; free some space.")

    def state_of(film):
        end = time.monotonic() + 30
        while (told := api.get(f"/v1/films/{film['id']}").json()["video"])["state"] in {"queued", "running"}:
            assert time.monotonic() < end
            time.sleep(0.1)
        return told

    with monkeypatch.context() as patch:
        patch.setitem(jobs._WORK, "proxy", full)
        film = upload(api, make_clip(tmp_path / "old.avi", 2.0, (1.0,), size=(200, 120), codec="mpeg4"))
        failed = state_of(film)
    assert (failed["state"], failed["message"]) == ("failed", "The disk is full; free some space.")
    again = api.post(f"/v1/films/{film['id']}/proxy")
    assert (again.status_code, again.json()["id"]) == (202, film["id"])
    assert state_of(film)["state"] == "ready"
    done = [job["id"] for job in api.get(f"/v1/films/{film['id']}").json()["work"].values()]
    api.post(f"/v1/films/{film['id']}/proxy")
    assert [job["id"] for job in api.get(f"/v1/films/{film['id']}").json()["work"].values()] == done, "nothing is begun"
    assert api.post("/v1/films/none/proxy").status_code == 404


def test_a_clip_held_upright_stays_upright(api, tmp_path):
    film = upload(api, turned(make_clip(tmp_path / "lying.mp4", 3.0, (1.0,)), tmp_path / "turned.mp4"))
    assert (film["width"], film["height"], film["has_audio"]) == (180, 320, False)
    assert (film["timeline"]["thumbnails"]["width"], film["timeline"]["thumbnails"]["height"]) == (90, 160)
    assert film["timeline"]["loudness"]["db"] == []
    put(api, film, [cued("hum", 0.0, 3.0)])
    rendered(api, film, tmp_path / "out.mp4")
    assert abs(seen(tmp_path / "out.mp4")[5]) == 90
    assert heard(tmp_path / "out.mp4")[0].shape[1] == pytest.approx(3 * 48_000, abs=48_000 // 25)


def test_a_film_without_any_sound_is_rendered_without_a_sound(api, tmp_path):
    film = upload(api, make_clip(tmp_path / "mute.mp4", 2.0, ()))
    told = rendered(api, film, tmp_path / "out.mp4")
    assert "copied" in told["message"]
    assert seen(tmp_path / "out.mp4")[3] == 50
    with pytest.raises((IndexError, ValueError)):
        heard(tmp_path / "out.mp4")


@pytest.mark.parametrize(
    ("name", "data", "status"),
    [("a.mp4", b"", 415), ("a.mp4", b"\x00\x01" * 5000, 415), ("a.mp4", b"no film at all\n" * 99, 415)],
)
def test_a_broken_clip_is_refused_by_its_own_name(api, parts, name, data, status):
    before = set((parts.settings.data_dir / "films").iterdir())
    refused = api.post("/v1/films", files={"video": (name, data)})
    assert refused.status_code == status
    assert refused.json()["detail"].count(".") <= 3
    assert set((parts.settings.data_dir / "films").iterdir()) == before


def test_sound_alone_and_a_clip_cut_off_are_refused_with_a_way_on(api, clip, tmp_path):
    sound = api.post("/v1/films", files={"video": ("song.wav", (parts_sound(tmp_path)).read_bytes())})
    assert sound.status_code == 422
    assert "save the clip as MP4" in sound.json()["detail"]
    cut = clip.read_bytes()
    cut = cut[: cut.rindex(b"moov") - 4] if cut.rindex(b"moov") > cut.index(b"mdat") else cut[:2000]
    assert api.post("/v1/films", files={"video": ("cut.mp4", cut)}).status_code in {415, 422}


def test_a_codec_that_nobody_knows_is_one_sentence_with_a_way_on(api, clip, parts):
    before = set((parts.settings.data_dir / "films").iterdir())
    strange = clip.read_bytes().replace(b"avc1", b"xyz1").replace(b"avcC", b"xyzC")
    refused = api.post("/v1/films", files={"video": ("strange.mp4", strange)})
    assert refused.status_code in {415, 422}
    assert "strange.mp4" in refused.json()["detail"]
    assert "MP4" in refused.json()["detail"]
    assert set((parts.settings.data_dir / "films").iterdir()) == before


def parts_sound(folder):
    from film_media import write_sound

    return write_sound(folder / "song.wav", tone(2.0, rate=22_050))


def test_an_upload_that_breaks_off_leaves_nothing_and_the_next_one_works(api, parts, clip):
    folders = [parts.settings.data_dir / name for name in ("films", "uploads")]
    before = [set(folder.iterdir()) for folder in folders]
    data = clip.read_bytes()
    head = (
        f"POST /v1/films HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(data) + 200}\r\n"
        "Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        '--x\r\nContent-Disposition: form-data; name="video"; filename="x.mp4"\r\n\r\n'
    )
    with socket.create_connection((api.base_url.host, api.base_url.port)) as wire:
        wire.sendall(head.encode() + data[: len(data) // 2])
    time.sleep(0.3)
    assert api.get("/healthz").status_code == 200
    assert [set(folder.iterdir()) for folder in folders] == before
    malformed = api.post("/v1/films", content=b"nothing", headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert malformed.status_code in {400, 422}
    assert api.post("/v1/films", content=b"{", headers={"Content-Type": "application/json"}).status_code == 422


def test_two_clips_at_once_are_both_looked_at(api, clip):
    with ThreadPoolExecutor(2) as pool:
        films = list(pool.map(lambda _: upload(api, clip), range(2)))
    assert films[0]["id"] != films[1]["id"]
    assert films[0]["timeline"]["cuts"] == films[1]["timeline"]["cuts"]


def test_a_clip_whose_file_has_gone_says_so(api, parts, clip):
    film = upload(api, clip)
    put(api, film, [cued("hum", 0.0, 8.0)])
    (parts.settings.data_dir / "films" / film["id"] / "clip").unlink()
    for refused in (api.get(film["video"]["url"]), api.post(f"/v1/films/{film['id']}/renders")):
        assert refused.status_code == 422
        assert "upload it again" in refused.json()["detail"]


def test_a_full_disk_is_told_before_any_work(api, film, monkeypatch):
    put(api, film, [cued("hum", 0.0, 8.0)])
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    refused = api.post(f"/v1/films/{film['id']}/renders")
    assert refused.status_code == 422
    assert "free some space" in refused.json()["detail"]


def test_after_a_restart_everything_is_there_and_a_broken_render_can_be_started_again(tmp_path, monkeypatch, clip):
    with desk(tmp_path, monkeypatch, {"hum": (tone(20.0, rate=22_050), {"title": "Hum", "licence": "CC0"})}) as parts:
        film = parts.films.open(clip, "x.mp4")
        with serving(parts) as url, httpx.Client(base_url=url, timeout=60) as api:
            put(api, {"id": film.id}, [cued("hum", 1.0, 5.0)])
        job = parts.catalogue.films.add_job(film.id, "render", 2)
        parts.catalogue.films.update_job(job.id, "running", 0.4, "Working.")
        (tmp_path / "data" / "films" / film.id / f".{job.id}.mp4.part").write_bytes(b"half")
    again = App(load_settings(tmp_path / "data"))
    with serving(again) as url, httpx.Client(base_url=url, timeout=60) as api:
        told = api.get(f"/v1/renders/{job.id}").json()
        assert (told["status"], told["film_url"]) == ("failed", None)
        assert "start it again" in told["message"]
        assert not list((tmp_path / "data" / "films" / film.id).glob(".*.part"))
        assert api.get(f"/v1/films/{film.id}").json()["timeline"]["exact"] is True
        assert api.get(f"/v1/films/{film.id}/cues").json()["cues"][0]["title"] == "Hum"
        rendered(api, {"id": film.id}, tmp_path / "out.mp4")
        assert [each["status"] for each in api.get(f"/v1/films/{film.id}/renders").json()] == ["done", "failed"]


def test_all_segments_are_filled_at_once_each_with_a_piece_of_its_own(api, film):
    put(api, film, [cued(None, 0.0, 4.0), cued(None, 4.0, 8.0)])
    told = api.post(f"/v1/films/{film['id']}/cues/fill", json={"text": "by Ada Sun"}).json()
    assert {cue["track_id"] for cue in told["cues"]} == {"knocks", "hum"}
    by_id = {cue["track_id"]: cue for cue in told["cues"]}
    assert by_id["knocks"]["sync"] is not None
    again = api.post(f"/v1/films/{film['id']}/cues/fill", json={}).json()
    assert again["revision"] == told["revision"]  # nothing was left to fill
    late = api.post(f"/v1/films/{film['id']}/cues/fill", json={}, headers={"If-Match": '"1"'})
    assert late.status_code == 412


def test_a_film_of_two_hours_is_looked_at_in_seconds_and_its_cuts_follow(api, tmp_path):
    cuts = (1800.0, 3600.5, 5400.0)
    path = make_clip(
        tmp_path / "long.mp4", 7200.0, cuts, fps=2, size=(640, 360), options={"g": "20", "preset": "ultrafast"}
    )
    begun = time.monotonic()
    film = upload(api, path)
    assert time.monotonic() - begun < 20
    assert film["duration_s"] == 7200.0
    assert len(film["timeline"]["thumbnails"]["times_s"]) == 60
    assert len(film["timeline"]["moments"]["start_s"]) <= 240
    assert film["timeline"]["exact"] is False
    end = time.monotonic() + 120
    while not (film := api.get(f"/v1/films/{film['id']}").json())["timeline"]["exact"] and time.monotonic() < end:
        time.sleep(0.5)
    assert [cut["time_s"] for cut in film["timeline"]["cuts"]] == pytest.approx(list(cuts), abs=0.01)
    assert film["work"]["cuts"]["status"] == "done"
    api.delete(f"/v1/films/{film['id']}")


def test_the_sheet_changes_by_words_and_forgets_no_wish(api, clip):
    film = upload(api, clip)
    here = f"/v1/films/{film['id']}/cues"
    one = {"cues": [{"start_s": 0, "end_s": 8, "track_id": "hum", "gain_db": -2, "duck": True}]}
    before = api.put(here, json=one).json()

    def say(message, **more):
        return api.post(f"{here}/say", json={"message": message} | more)

    told = say("something else in the middle").json()
    cues = told["sheet"]["cues"]
    # One segment is divided where the cuts lie nearest to its thirds.
    assert [(c["start_s"], c["end_s"]) for c in cues] == [(0, 2.0), (2.0, 6.0), (6.0, 8.0)]
    assert [c["track_id"] for c in cues] == ["hum", "knocks", "hum"]
    # What was there goes on where it would have been, at the level that it had.
    assert [c["offset_s"] for c in cues][::2] == [0, 6.0]
    assert {c["gain_db"] for c in cues} == {-2}
    assert told["sheet"]["revision"] == before["revision"] + 1
    assert [c["kind"] for c in told["changes"]] == ["split", "music"]

    told = say("louder at the end, and no music at the start").json()
    assert [c["gain_db"] for c in told["sheet"]["cues"]] == [-2, -2, 1]
    assert [c["track_id"] for c in told["sheet"]["cues"]] == [None, "knocks", "hum"]

    told = say("no drums in the second part", licence="any").json()
    told = say("im zweiten Teil keine Gitarre", licence="any").json()
    assert "no drums" in told["sheet"]["cues"][1]["wish"]
    assert "no guitar" in told["sheet"]["cues"][1]["wish"]

    # All of it was ducked before: it goes deeper.
    assert say("a bit quieter when somebody talks").json()["sheet"]["duck_db"] == before["duck_db"] + 3
    assert say("ohne Originalton").json()["sheet"]["original"] == "remove"


def test_what_is_to_stay_stays_where_both_parts_are_new_segments(api, clip):
    film = upload(api, clip)
    here = f"/v1/films/{film['id']}/cues"
    api.put(here, json={"cues": [{"start_s": 0, "end_s": 8, "track_id": "hum"}]})
    told = api.post(f"{here}/say", json={"message": "leave the end as it is, no music at the start"}).json()
    assert [c["track_id"] for c in told["sheet"]["cues"]] == [None, "hum", "hum"]
    assert told["sheet"]["cues"][2]["end_s"] == 8
    api.put(here, json={"cues": []})
    told = api.post(f"{here}/say", json={"message": "something else in the middle"}).json()
    assert [c["track_id"] is not None for c in told["sheet"]["cues"]] == [False, True, False]


def test_words_that_change_nothing_are_said_so_and_lose_nothing(api, film):
    here = f"/v1/films/{film['id']}/cues"
    before = api.get(here).json()
    for message, words in (
        ("thanks a lot", "asks for no change"),
        ("segment 77 faster", "no segment 77"),
        ("   ", "write 1 to"),
    ):
        answer = api.post(f"{here}/say", json={"message": message})
        assert answer.status_code == 422, answer.text
        assert words in answer.json()["detail"]
    stale = api.post(f"{here}/say", json={"message": "louder"}, headers={"If-Match": '"nothing"'})
    assert stale.status_code == 412
    nothing = api.post(f"{here}/say", json={"message": "only polka with 400 bpm in the year 1200"}).json()
    assert {c["kind"] for c in nothing["changes"]} == {"nothing fits"}
    assert [c["track_id"] for c in nothing["sheet"]["cues"]] == [c["track_id"] for c in before["cues"]]
