import pytest
from catalog_facts import taken_back

from catalog.errors import CatalogError
from catalog.store import Catalogue
from catalog.store.tastes import MAX_TASTES
from catalog.values import Described, SessionId, Taste, TrackId, TrackMetadata, UserId

ADA, BEA = UserId("ada"), UserId("bea")


@pytest.fixture
def catalogue(tmp_path):
    opened = Catalogue(tmp_path / "catalogue.db")
    opened.library.describe([Described(TrackId("a"), TrackMetadata("A", artist="X"), 60.0)])
    yield opened
    opened.close()


def test_a_taste_is_kept_by_user_and_the_later_word_replaces_the_earlier(catalogue):
    tastes = catalogue.tastes
    assert not tastes.known(ADA)
    tastes.keep(ADA, Taste("concept", "jazz", 0.7, words="I like jazz in general"))
    tastes.keep(ADA, Taste("artist", "jazz", -1.0))
    tastes.keep(ADA, Taste("concept", "jazz", -1.0, never=True, words="never jazz"))
    tastes.keep(BEA, Taste("word", "polka", 0.5))
    assert {(t.field, t.value, t.weight, t.never, t.words) for t in tastes.of(ADA)} == {
        ("concept", "jazz", -1.0, True, "never jazz"),
        ("artist", "jazz", -1.0, False, ""),
    }
    assert tastes.remove(ADA, "artist", "jazz")
    assert not tastes.remove(ADA, "artist", "jazz")
    assert [t.value for t in tastes.of(BEA)] == ["polka"]


@pytest.mark.parametrize("taste", [Taste("word", "", 1.0), Taste("word", "x" * 121, 1.0), Taste("word", "x", 1.5)])
def test_what_cannot_be_kept_is_one_sentence(catalogue, taste):
    with pytest.raises(CatalogError):
        catalogue.tastes.keep(ADA, taste)
    assert not catalogue.tastes.known(ADA)


def test_there_is_a_limit(catalogue):
    for n in range(MAX_TASTES):
        catalogue.tastes.keep(ADA, Taste("word", f"w{n}", 1.0))
    with pytest.raises(CatalogError, match="500 tastes are kept already"):
        catalogue.tastes.keep(ADA, Taste("word", "one more", 1.0))
    catalogue.tastes.keep(ADA, Taste("word", "w0", -1.0))


def test_switching_off_keeps_everything(catalogue):
    assert catalogue.tastes.counts(ADA)
    catalogue.tastes.keep(ADA, Taste("concept", "jazz", 1.0))
    catalogue.tastes.switch(ADA, on=False)
    assert not catalogue.tastes.counts(ADA)
    assert catalogue.tastes.counts(BEA)
    assert len(catalogue.tastes.of(ADA)) == 1


def test_erasing_takes_tastes_and_reactions_of_this_user_alone(catalogue):
    catalogue.conversations.touch(SessionId("session-1"), "hello")
    for user in (ADA, BEA):
        catalogue.tastes.keep(user, Taste("concept", "jazz", 1.0))
        catalogue.conversations.react(TrackId("a"), "like", SessionId("session-1"), user)
    catalogue.tastes.switch(ADA, on=False)
    erased = catalogue.tastes.erase(ADA)
    assert (erased.tastes, erased.reactions) == (1, 1)
    assert not catalogue.tastes.known(ADA)
    assert catalogue.tastes.of(ADA) == catalogue.conversations.feedback(user_id=ADA) == []
    assert catalogue.tastes.counts(ADA)
    assert len(catalogue.tastes.of(BEA)) == len(catalogue.conversations.feedback(user_id=BEA)) == 1
    assert catalogue.tastes.erase(ADA).tastes == 0


def test_a_catalogue_of_before_is_migrated(tmp_path):
    path = tmp_path / "catalogue.db"
    opened = Catalogue(path)
    opened.tastes.switch(ADA, on=True)
    opened.close()
    taken_back(path, "0002")
    again = Catalogue(path)
    assert again.tastes.counts(ADA)
    again.tastes.keep(ADA, Taste("concept", "jazz", 1.0))
    assert [t.value for t in again.tastes.of(ADA)] == ["jazz"]
    again.close()
