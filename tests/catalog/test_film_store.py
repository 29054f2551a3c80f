"""Films, cue sheets and background work in the catalogue's database; what a licence asks of a film."""

from dataclasses import replace
from datetime import datetime
from fractions import Fraction

import pytest
from catalog_facts import Facts, taken_back

from catalog.errors import ConflictError, CueError, NotFoundError
from catalog.films import Cue, CueSheet, Film, FilmId, JobId
from catalog.licences import FILM_LEVELS, film_terms
from catalog.store import Catalogue
from catalog.store.films import KEPT_REVISIONS
from catalog.values import TrackId, TrackMetadata

FILM = Film(
    FilmId("f1"),
    "My Film",
    60.04,
    1280,
    720,
    Fraction(30000, 1001),
    True,
    False,
    "video/mp4",
    '{"a": 1}',
    datetime(2026, 1, 2),
)
T1 = TrackId("t1")


@pytest.fixture
def films(catalogue):
    catalogue.library.save(T1, TrackMetadata("One", "Ada", licence="CC-BY-4.0", attribution="By Ada"), Facts(90.0))
    catalogue.films.create(FILM, CueSheet((Cue(0.0, 60.04),)))
    return catalogue.films


def test_a_film_comes_back_as_it_went_in(films):
    assert films.get(FILM.id) == FILM
    films.put_timeline(FILM.id, "{}")
    assert films.get(FILM.id) == replace(FILM, timeline="{}")
    with pytest.raises(NotFoundError, match="upload the clip again"):
        films.get(FilmId("f2"))


def test_a_sheet_keeps_the_words_of_its_tracks_when_they_are_deleted(films, catalogue):
    made = films.put_sheet(FILM.id, CueSheet((Cue(0.0, 10.0), Cue(10.0, 60.0, T1, 3.5, -2.0, 0.5, 1.5, True)), "duck"))
    assert made.revision == 2
    cue = made.cues[1]
    assert (cue.title, cue.artist, cue.licence, cue.attribution) == ("One", "Ada", "CC-BY-4.0", "By Ada")
    catalogue.library.remove([T1])
    assert films.sheet(FILM.id) == made
    moved = films.put_sheet(FILM.id, replace(made, cues=(replace(cue, start_s=20.0, title="Forged"),)))
    assert (moved.revision, moved.cues[0].title, moved.cues[0].start_s) == (3, "One", 20.0)
    assert moved.sounding == moved.cues
    with pytest.raises(NotFoundError, match="No track has the id 'gone'"):
        films.put_sheet(FILM.id, CueSheet((Cue(0.0, 9.0, TrackId("gone")),)))


def test_revisions_can_be_gone_back_to_and_the_slower_of_two_is_told(films):
    first = films.sheet(FILM.id)
    second = films.put_sheet(FILM.id, CueSheet((Cue(0.0, 5.0),)), 1)
    with pytest.raises(ConflictError, match="at revision 2, not 1") as told:
        films.put_sheet(FILM.id, CueSheet(()), 1)
    assert told.value.current == 2
    assert films.sheet(FILM.id, 1) == first
    assert films.sheet(FILM.id) == second
    assert films.put_sheet(FILM.id, second).revision == 2  # the same again is no change
    for number in (0, 3, 1 << 70):
        with pytest.raises(NotFoundError, match=f"no revision {number}"):
            films.sheet(FILM.id, number)


def test_old_revisions_make_way(films):
    for n in range(KEPT_REVISIONS + 3):
        films.put_sheet(FILM.id, CueSheet((Cue(0.0, 1.0 + n / 10),)))
    with pytest.raises(NotFoundError, match=r"it has 5 to 204"):
        films.sheet(FILM.id, 4)
    assert films.sheet(FILM.id, 5).revision == 5


@pytest.mark.parametrize(
    ("sheet", "words"),
    [
        (CueSheet((Cue(0.0, 61.0),)), "from 0.00 s to 61.00 s"),
        (CueSheet((Cue(5.0, 5.1),)), "0.2 s are the least"),
        (CueSheet((Cue(0.0, float("nan")),)), "end_s of segment 1 is no finite number"),
        (CueSheet((Cue(0.0, 9.0), Cue(8.0, 12.0))), "begins before the one at 0.00 s ends"),
        (CueSheet((Cue(0.0, 9.0, fade_out_s=9.5),)), "fade_out_s is 9.5; give 0 to 9"),
        (CueSheet((), duck_db=99.0), "duck_db is 99"),
        (CueSheet((), loudness_lufs=0.0), "give -40 to -8"),
        (CueSheet(tuple(Cue(n / 10, n / 10 + 0.1) for n in range(501))), "500 are the most"),
    ],
)
def test_a_sheet_that_cannot_be_is_refused(films, sheet, words):
    with pytest.raises(CueError, match=words):
        films.put_sheet(FILM.id, sheet)
    assert films.sheet(FILM.id).revision == 1


def test_segments_are_put_in_order_and_held_within_the_film(films):
    made = films.put_sheet(FILM.id, CueSheet((Cue(30.0, 60.1), Cue(0.0, 30.0))))
    assert [(cue.start_s, cue.end_s) for cue in made.cues] == [(0.0, 30.0), (30.0, 60.04)]


def test_work_is_queued_told_and_ends_once(films):
    job = films.add_job(FILM.id, "render", 1)
    assert (job.status, job.progress, job.revision) == ("queued", 0.0, 1)
    films.update_job(job.id, "running", 0.5, "Working.")
    films.update_job(job.id, "cancelled", 0.0, "Cancelled.")
    films.update_job(job.id, "done", 1.0, "Ready.")
    assert films.job(job.id).status == "cancelled"
    with pytest.raises(NotFoundError):
        films.job(JobId("none"))
    with pytest.raises(NotFoundError):
        films.add_job(FilmId("none"), "cuts")


def test_what_a_dead_process_left_is_told_as_failed(films, tmp_path):
    done, running, queued = (films.add_job(FILM.id, kind) for kind in ("cuts", "render", "proxy"))
    films.update_job(done.id, "done", 1.0, "Ready.")
    films.update_job(running.id, "running", 0.5, "Working.")
    again = Catalogue(tmp_path / "data" / "catalogue.db")
    assert {job.id for job in again.films.fail_unfinished()} == {running.id, queued.id}
    assert {job.status for job in again.films.jobs(FILM.id)} == {"done", "failed"}
    assert "start it again" in again.films.job(running.id).message
    assert again.films.fail_unfinished() == []
    again.close()


def test_a_film_goes_with_all_that_hangs_on_it(films):
    job = films.add_job(FILM.id, "proxy")
    films.delete(FILM.id)
    for ask in (lambda: films.get(FILM.id), lambda: films.sheet(FILM.id), lambda: films.job(job.id)):
        with pytest.raises(NotFoundError):
            ask()


def test_an_older_catalogue_is_brought_up_to_date(tmp_path):
    path = tmp_path / "old.db"
    Catalogue(path).close()
    taken_back(path, "0003")
    again = Catalogue(path)
    again.films.create(FILM, CueSheet(()))
    assert again.films.sheet(FILM.id) == CueSheet(())
    again.close()


@pytest.mark.parametrize(
    ("licence", "terms"),
    [
        ("CC0-1.0", "free"),
        ("Public Domain", "free"),
        ("CC-BY-4.0", "attribution"),
        ("MIT", "attribution"),
        ("CC-BY-SA-3.0", "share-alike"),
        ("CC BY-NC 4.0", "non-commercial"),
        ("CC-BY-NC-SA-4.0", "non-commercial"),
        ("CC-BY-ND-4.0", "no-derivatives"),
        ("CC-BY-NC-ND-4.0", "no-derivatives"),
        ("Attribution-NoDerivatives 4.0", "no-derivatives"),
        ("GPL-2.0", "code"),
        ("All rights reserved", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_what_a_licence_asks_of_a_film(licence, terms):
    assert film_terms(licence) == terms


def test_no_level_but_any_takes_what_forbids_a_film():
    for allowed in FILM_LEVELS.values():
        assert not allowed & {"no-derivatives", "unknown", "code"}
