"""Playlists as living documents: the store beside plain lists, and what it says to bad input."""

import sqlite3
import threading
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import create_engine

import catalog.migrations
from catalog.changes import Moved, Placed, changes_between
from catalog.documents import Add, Ban, Move, Pin, Refresh, Remove, Rename, Replace, Unban, UseRecipe
from catalog.errors import CatalogError, ConflictError, DocumentError, KeyBusyError, KeyReusedError, NotFoundError
from catalog.store import Catalogue, answers
from catalog.store.answers import StoredAnswer
from catalog.values import (
    Described,
    Document,
    Origin,
    PlaylistId,
    PlaylistItem,
    SessionId,
    TrackId,
    TrackMetadata,
    UserId,
)


@pytest.fixture
def tracks(catalogue):
    catalogue.library.describe(Described(TrackId(c), TrackMetadata(c.upper(), artist="Ada"), 60.0) for c in "abcdefgh")
    return catalogue


def items(letters, pins="", by=None):
    return tuple(PlaylistItem(TrackId(c), c.upper(), "Ada", c in pins, by) for c in letters)


def letters(playlist):
    return "".join(e.track_id or "?" for e in playlist.entries)


@pytest.fixture
def mix(tracks):
    return tracks.playlists.create("Mix", items("abcd"))


@pytest.fixture
def edit(tracks, mix):
    return lambda *operations, **how: tracks.playlists.edit(mix.id, operations, **how)


@pytest.mark.parametrize(
    ("operation", "want", "words"),
    [
        (Add(items("e")), "abcde", "added “E” by Ada"),
        (Add(items("ef"), 0), "efabcd", "added 2 entries"),
        (Add(items("a"), 4), "abcda", "added “A” by Ada"),
        (Remove(0), "bcd", "removed “A” by Ada"),
        (Remove(TrackId("c")), "abd", "removed “C” by Ada"),
        (Move(0, 3), "bcda", "moved “A” by Ada to place 4"),
        (Move(3, 0), "dabc", "moved “D” by Ada to place 1"),
        (Pin(2), "abcd", "pinned “C” by Ada"),
        (Ban(items("b")[0]), "acd", "banned “B” by Ada"),
        (Rename("Night"), "abcd", "renamed to “Night”"),
        (Rename(description="For the drive"), "abcd", "changed the description"),
        (Replace(items("ha")), "ha", "replaced the entries (2 now)"),
        (UseRecipe("{}"), "abcd", "changed the recipe"),
    ],
)
def test_a_change_is_a_version_with_its_words(tracks, mix, edit, operation, want, words):
    after = edit(operation, author="bea")
    assert (letters(after), after.version) == (want, 2)
    (second, first), total = tracks.playlists.versions(mix.id)
    assert total == 2
    assert (second.number, second.message, second.author, second.length) == (2, words, "bea", len(want))
    assert first.message == "created with 4 entries"
    assert letters(tracks.playlists.version(mix.id, 1)[1]) == "abcd"
    assert letters(tracks.playlists.version(mix.id, 2)[1]) == want
    assert letters(tracks.playlists.get(mix.id)) == want


@pytest.mark.parametrize(
    "operations",
    [
        (),
        (Move(1, 1),),
        (Rename("Mix"),),
        (Pin(0, False),),
        (Unban(items("h")[0]),),
        (Add(()),),
        (Replace(items("abcd")),),
    ],
)
def test_what_changes_nothing_is_no_version(edit, operations):
    assert edit(*operations).version == 1


def test_several_operations_are_one_version_or_none(tracks, mix, edit):
    after = edit(Remove(0), Add(items("h"), 0), Pin(0))
    assert (letters(after), after.version, after.entries[0].pinned) == ("hbcd", 2, True)
    with pytest.raises(DocumentError):
        edit(Remove(0), Remove(99))
    assert letters(tracks.playlists.get(mix.id)) == "hbcd"


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (Remove(4), "Position 4 is out of range; give 0 to 3."),
        (Remove(-1), "Position -1 is out of range; give 0 to 3."),
        (Move(0, 4), "Position 4 is out of range; give 0 to 3."),
        (Add(items("e"), 5), "Position 5 is out of range; give 0 to 4 to add to 4 entries."),
        (Pin(TrackId("h")), "The track 'h' is not in this playlist; add it first."),
        (Ban(PlaylistItem(None, "Yesterday")), "“Yesterday” is not in the catalogue; only its tracks can be banned."),
        (Add((PlaylistItem(TrackId("zz"), "Z"),)), "No track has the id 'zz'; leave it out or search for it by title."),
        (
            Add(items("a") * 19_997),
            "The playlist would have 20001 entries; up to 20000 are kept, so split it into several.",
        ),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_everything(tracks, mix, edit, operation, words):
    with pytest.raises(CatalogError) as told:
        edit(operation)
    assert str(told.value) == words
    assert tracks.playlists.get(mix.id) == mix


def test_an_empty_playlist_has_no_places(tracks):
    empty = tracks.playlists.create("", ())
    assert empty.title == "Untitled"
    with pytest.raises(DocumentError, match=r"Position 0 is out of range; the playlist is empty."):
        tracks.playlists.edit(empty.id, [Remove(0)])


def test_a_banned_track_stays_out_until_the_ban_is_lifted(edit):
    banned = edit(Ban(items("b")[0]))
    assert banned.bans == ("b",)
    for operation in (Add(items("b")), Replace(items("ab"))):
        with pytest.raises(DocumentError, match=r"“B” by Ada is banned from this playlist; lift the ban first."):
            edit(operation)
    assert letters(edit(Refresh(items("bef")))) == "ef"
    assert letters(edit(Unban(items("b")[0]), Add(items("b")))) == "efb"


@pytest.mark.parametrize(
    ("before", "pins", "fresh", "want"),
    [
        ("abcd", "", "efgh", "efgh"),
        ("abcd", "b", "efg", "ebfg"),
        ("abcd", "ad", "ef", "aefd"),
        ("abcd", "d", "", "d"),
        ("abcd", "d", "e", "ed"),
        ("abcd", "cd", "ef", "efcd"),
        ("abcd", "b", "abef", "abef"),
        ("abcd", "a", "eeff", "aef"),
    ],
)
def test_a_refresh_keeps_pins_in_place(tracks, before, pins, fresh, want):
    mix = tracks.playlists.create("Mix", items(before, pins))
    after = tracks.playlists.edit(mix.id, [Refresh(items(fresh))])
    assert letters(after) == want
    assert "".join(e.track_id for e in after.entries if e.pinned) == pins


def test_entries_remember_who_added_them(tracks):
    mix = tracks.playlists.create("Mix", items("ab"), author="ada")
    tracks.playlists.edit(mix.id, [Add(items("c"))], author="bea")
    after = tracks.playlists.edit(mix.id, [Replace(items("cad"))], author="cyd")
    assert [e.added_by for e in after.entries] == ["bea", "ada", "cyd"]
    assert len(tracks.playlists.edit(mix.id, [Add(items("e"))], author="x" * 500).entries[-1].added_by) == 64


def test_undo_walks_back_and_a_new_change_starts_from_there(tracks, mix, edit):
    edit(Remove(0))
    edit(Remove(0))
    undo = tracks.playlists.undo
    assert (letters(undo(mix.id)), letters(undo(mix.id))) == ("bcd", "abcd")
    with pytest.raises(DocumentError, match=r"There is nothing to undo: this is what the playlist began with."):
        undo(mix.id)
    assert letters(edit(Add(items("h")))) == "abcdh"
    assert letters(undo(mix.id)) == "abcd"
    with pytest.raises(DocumentError, match="nothing to undo"):
        undo(mix.id)
    words = [v.message for v in tracks.playlists.versions(mix.id)[0]]
    assert words[0] == "undid “added “H” by Ada”, back to version 1"
    assert [v.number for v in tracks.playlists.versions(mix.id)[0]] == [7, 6, 5, 4, 3, 2, 1]


def test_restore_is_a_change_that_can_be_undone(tracks, mix, edit):
    edit(Remove(0))
    edit(Rename("Other"))
    back = tracks.playlists.restore(mix.id, 1)
    assert (letters(back), back.title, back.version) == ("abcd", "Mix", 4)
    assert letters(tracks.playlists.undo(mix.id)) == "bcd"
    assert tracks.playlists.restore(mix.id, 5).version == 5
    for number in (0, -1, 6, 10**30):
        with pytest.raises(NotFoundError, match=f"The playlist has no version {number}; it has 1 to 5."):
            tracks.playlists.restore(mix.id, number)


def test_a_write_on_an_old_version_changes_nothing_and_says_what_to_do(tracks, mix, edit):
    edit(Remove(0), expected_version=1)
    for late in (
        lambda: edit(Remove(0), expected_version=1),
        lambda: tracks.playlists.undo(mix.id, expected_version=1),
        lambda: tracks.playlists.restore(mix.id, 1, expected_version=9),
        lambda: tracks.playlists.delete(mix.id, expected_version=1),
    ):
        with pytest.raises(ConflictError, match=r"is at version 2, not [19]: .* read it again and repeat") as told:
            late()
        assert told.value.current == 2
    assert letters(tracks.playlists.get(mix.id)) == "bcd"


def test_of_two_writers_on_one_version_exactly_one_wins(tracks, mix):
    won, lost = [], []

    def write(letter):
        try:
            tracks.playlists.edit(mix.id, [Add(items(letter))], expected_version=1)
            won.append(letter)
        except ConflictError:
            lost.append(letter)

    threads = [threading.Thread(target=write, args=(c,)) for c in "efgh"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(won), len(lost)) == (1, 3)
    assert letters(tracks.playlists.get(mix.id)) == f"abcd{won[0]}"


def test_a_fork_knows_its_origin_and_goes_its_own_way(tracks, mix, edit):
    edit(Pin(0), Ban(items("h")[0]), UseRecipe("{}"))
    edit(Remove(3))
    fork = tracks.playlists.fork(mix.id, author="bea")
    assert (letters(fork), fork.origin, fork.version) == ("abc", Origin(mix.id, 3), 1)
    assert (fork.bans, fork.recipe, fork.entries[0].pinned) == (("h",), "{}", True)
    old = tracks.playlists.fork(mix.id, 1, "Old")
    assert (letters(old), old.title, old.origin) == ("abcd", "Old", Origin(mix.id, 1))
    tracks.playlists.edit(fork.id, [Remove(0)])
    tracks.playlists.delete(mix.id)
    assert letters(tracks.playlists.get(fork.id)) == "bc"
    with pytest.raises(NotFoundError, match="no version 9"):
        tracks.playlists.fork(fork.id, 9)


def test_what_is_deleted_is_gone_with_its_history(tracks, mix):
    tracks.playlists.delete(mix.id)
    for look in (
        lambda: tracks.playlists.get(mix.id),
        lambda: tracks.playlists.versions(mix.id),
        lambda: tracks.playlists.diff(mix.id, 1, 1),
        lambda: tracks.playlists.delete(mix.id),
        lambda: tracks.playlists.edit(mix.id, [Remove(0)]),
    ):
        with pytest.raises(NotFoundError, match="list them first"):
            look()
    with tracks.database.read() as session:
        assert session.connection().exec_driver_sql("SELECT count(*) FROM playlist_versions").scalar() == 0


def test_the_difference_of_two_versions(tracks, mix, edit):
    edit(Remove(TrackId("b")), Move(2, 0), Add(items("ef"), 1), Pin(TrackId("a")), Rename("Night"), Ban(items("h")[0]))
    changes = tracks.playlists.diff(mix.id, 1, 2)
    assert letters(tracks.playlists.get(mix.id)) == "defac"
    assert [(p.position, p.entry.track_id) for p in changes.added] == [(1, "e"), (2, "f")]
    assert [(p.position, p.entry.track_id) for p in changes.removed] == [(1, "b")]
    assert [(m.before, m.after, m.entry.track_id) for m in changes.moved] == [(3, 0, "d")]
    assert [(p.position, p.entry.track_id) for p in changes.pinned] == [(3, "a")]
    assert (changes.renamed, changes.banned, changes.described) == (("Mix", "Night"), ("h",), None)
    back = tracks.playlists.diff(mix.id, 2, 1)
    assert [p.entry.track_id for p in back.added] == ["b"]
    assert (back.unbanned, [p.entry.track_id for p in back.unpinned]) == (("h",), ["a"])


def test_duplicates_are_told_apart_in_a_difference():
    before, after = Document("", entries=items("aab")), Document("", entries=items("ba"))
    changes = changes_between(before, after)
    assert changes.removed == (Placed(1, items("a")[0]),)
    assert len(changes.moved) == 1
    assert changes.moved[0] in {Moved(0, 1, items("a")[0]), Moved(2, 0, items("b")[0])}
    assert changes_between(before, before) == changes_between(after, after)


def test_a_removed_track_leaves_its_words_and_history_still_leads_back(tracks, mix, edit):
    edit(Remove(3))
    tracks.library.remove([TrackId("d"), TrackId("a")])
    assert [e.track_id for e in tracks.playlists.get(mix.id).entries] == [None, "b", "c"]
    back = tracks.playlists.restore(mix.id, 1)
    assert [(e.track_id, e.title) for e in back.entries] == [(None, "A"), ("b", "B"), ("c", "C"), (None, "D")]
    assert letters(edit(Move(0, 1))) == "b?c?"


def test_twenty_thousand_entries_are_kept_and_changed_within_seconds(tracks):
    started = time.monotonic()
    long = tracks.playlists.create("Long", items("abcd") * 5_000)
    assert letters(tracks.playlists.edit(long.id, [Move(0, 19_999)])) == ("abcd" * 5_000)[1:] + "a"
    assert time.monotonic() - started < 15


def test_many_versions_of_a_long_list_stay_small(tracks):
    long = tracks.playlists.create("Long", items("abcd") * 500)
    for n in range(70):
        tracks.playlists.edit(long.id, [Move(1_900, 1_901 + n % 5)])
    with tracks.database.read() as session:
        rows = session.connection().exec_driver_sql("SELECT length(middle) FROM playlist_versions").scalars().all()
    assert sum(n > 1_000 for n in rows) == 3
    assert tracks.playlists.version(long.id, 1)[1].entries == long.entries
    now = tracks.playlists.get(long.id)
    assert tracks.playlists.version(long.id, now.version)[1].entries == now.entries


def test_pages_of_playlists_and_versions(tracks, mix, edit):
    others = [tracks.playlists.create(f"P{n}", items("a" * n), recipe="{}" if n else None) for n in range(3)]
    edit(Remove(0))
    page, total = tracks.playlists.page(2)
    assert (total, [p.title for p in page]) == (4, ["Mix", "P2"])
    assert [(p.version, p.length, p.standing) for p in page] == [(2, 3, False), (1, 2, True)]
    assert [p.id for p in tracks.playlists.page(10, 3)[0]] == [others[0].id]
    assert tracks.playlists.page(10, 4) == ([], 4)
    assert [v.number for v in tracks.playlists.versions(mix.id, 1, 1)[0]] == [1]


def test_playlists_from_before_are_their_own_first_version(tmp_path):
    path = tmp_path / "catalogue.db"
    engine = create_engine(f"sqlite:///{path}")
    config = Config()
    config.set_main_option("script_location", str(Path(catalog.migrations.__file__).parent))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.commit()
    engine.dispose()
    with closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("INSERT INTO playlists VALUES ('p1', 'Old', 'of mine', NULL, '2024-05-06 07:08:09.000000')")
        raw.execute("INSERT INTO playlists VALUES ('p2', 'Empty', '', NULL, '2023-05-06 07:08:09.000000')")
        rows = [("p1", 0, None, "Yesterday", "The Beatles"), ("p1", 1, None, "Häßlich “quoted”", None)]
        raw.executemany("INSERT INTO playlist_entries VALUES (?, ?, ?, ?, ?)", rows)
    with closing(Catalogue(path)) as opened:
        old = opened.playlists.get(PlaylistId("p1"))
        assert [(e.title, e.artist, e.pinned) for e in old.entries] == [
            ("Yesterday", "The Beatles", False),
            ("Häßlich “quoted”", None, False),
        ]
        version, document = opened.playlists.version(old.id, 1)
        assert (document.title, document.description, document.entries) == ("Old", "of mine", old.entries)
        assert (version.created_at.year, version.message) == (2024, "kept from before there were versions")
        assert opened.playlists.edit(old.id, [Remove(0)]).version == 2
        assert [e.title for e in opened.playlists.undo(old.id).entries] == ["Yesterday", "Häßlich “quoted”"]
        assert opened.playlists.get(PlaylistId("p2")).entries == ()


def test_feedback_of_a_user_over_all_conversations(tracks):
    talks, ada, bea = tracks.conversations, UserId("ada"), UserId("bea")
    for session in ("s1", "s2"):
        talks.touch(SessionId(session), "hello")
    talks.react(TrackId("a"), "dislike", SessionId("s1"), ada)
    talks.react(TrackId("a"), "like", SessionId("s2"), ada)
    talks.react(TrackId("b"), "skip", None, ada)
    talks.react(TrackId("a"), "dislike", SessionId("s1"), bea)
    talks.react(TrackId("c"), "like", SessionId("s1"))
    assert [(f.track_id, f.kind) for f in talks.feedback(user_id=ada)] == [
        ("a", "dislike"),
        ("a", "like"),
        ("b", "skip"),
    ]
    assert [f.user_id for f in talks.feedback(SessionId("s1"))] == ["ada", "bea", None]
    assert talks.feedback(user_id=UserId("nobody")) == []
    talks.react(TrackId("a"), "like", SessionId("s1"), ada)
    assert [f.kind for f in talks.feedback(user_id=bea)] == ["dislike"]


def test_a_key_gives_its_answer_again_and_nothing_else(catalogue, monkeypatch):
    kept = catalogue.answers
    assert kept.claim("k", "f") is None
    with pytest.raises(KeyBusyError, match="still running"):
        kept.claim("k", "f")
    kept.keep("k", StoredAnswer(201, "{}"))
    assert kept.claim("k", "f") == StoredAnswer(201, "{}")
    with pytest.raises(KeyReusedError, match="The Idempotency-Key 'k' was used for another request"):
        kept.claim("k", "g")
    kept.release("k")
    assert kept.claim("k", "f") is not None
    for bad in ("", "a b", "x" * 201, "ä", "a\n"):
        with pytest.raises(KeyReusedError, match="malformed"):
            kept.claim(bad, "f")
    monkeypatch.setattr(answers, "KEPT", timedelta(0))
    assert kept.claim("k", "g") is None
    kept.release("k")
    assert kept.claim("k", "h") is None


LETTERS = st.sampled_from("abcdefgh")
SOME = st.text("abcdefgh", max_size=5)


class Documents(RuleBasedStateMachine):
    """A stored playlist beside a plain list of letters, every state of which is kept."""

    def __init__(self):
        super().__init__()
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.catalogue = Catalogue(Path(self.folder.name) / "catalogue.db")
        self.catalogue.library.describe(Described(TrackId(c), TrackMetadata(c.upper()), 60.0) for c in "abcdefgh")

    def teardown(self):
        self.catalogue.close()
        self.folder.cleanup()

    @initialize(start=SOME)
    def create(self, start):
        self.id = self.catalogue.playlists.create("Mix", items(start)).id
        self.list, self.pins, self.bans = list(start), [False] * len(start), set()
        self.states = [self.state()]
        self.trail = [0]

    def state(self):
        return tuple(self.list), tuple(self.pins), frozenset(self.bans)

    def edit(self, *operations):
        self.catalogue.playlists.edit(self.id, operations)
        self.changed()

    def changed(self):
        if self.state() != self.states[-1]:
            self.states.append(self.state())
            self.trail.append(len(self.states) - 1)

    def set(self, state):
        self.list, self.pins, self.bans = list(state[0]), list(state[1]), set(state[2])

    def spot(self, data):
        return data.draw(st.integers(0, len(self.list) - 1))

    @rule(new=SOME, data=st.data())
    def add(self, new, data):
        new = [c for c in new if c not in self.bans]
        at = data.draw(st.integers(0, len(self.list)))
        self.list[at:at], self.pins[at:at] = new, [False] * len(new)
        self.edit(Add(items(new), at))

    @precondition(lambda self: self.list)
    @rule(data=st.data())
    def remove(self, data):
        at = self.spot(data)
        del self.list[at], self.pins[at]
        self.edit(Remove(at))

    @precondition(lambda self: self.list)
    @rule(data=st.data())
    def move(self, data):
        at, to = self.spot(data), self.spot(data)
        self.list.insert(to, self.list.pop(at))
        self.pins.insert(to, self.pins.pop(at))
        self.edit(Move(at, to))

    @precondition(lambda self: self.list)
    @rule(data=st.data(), pinned=st.booleans())
    def pin(self, data, pinned):
        at = self.spot(data)
        self.pins[at] = pinned
        self.edit(Pin(at, pinned))

    @rule(letter=LETTERS)
    def ban(self, letter):
        left = [(c, p) for c, p in zip(self.list, self.pins, strict=True) if c != letter]
        self.list, self.pins = [c for c, _ in left], [p for _, p in left]
        self.bans.add(letter)
        self.edit(Ban(items(letter)[0]))

    @rule(letter=LETTERS)
    def unban(self, letter):
        self.bans.discard(letter)
        self.edit(Unban(items(letter)[0]))

    @rule(fresh=SOME)
    def refresh(self, fresh):
        pins = {n: c for n, (c, p) in enumerate(zip(self.list, self.pins, strict=True)) if p}
        new = [c for c in dict.fromkeys(fresh) if c not in self.bans and c not in pins.values()]
        made = []
        while new or pins:
            place = len(made)
            if place in pins:
                made.append((pins.pop(place), True))
            elif new:
                made.append((new.pop(0), False))
            else:
                made.append((pins.pop(min(pins)), True))
        self.list, self.pins = [c for c, _ in made], [p for _, p in made]
        self.edit(Refresh(items(fresh)))

    @rule(new=SOME)
    def replace(self, new):
        self.list = [c for c in new if c not in self.bans]
        self.pins = [False] * len(self.list)
        self.edit(Replace(items(self.list)))

    @precondition(lambda self: len(self.trail) > 1)
    @rule()
    def undo(self):
        self.trail.pop()
        self.set(self.states[self.trail[-1]])
        self.states.append(self.state())
        self.catalogue.playlists.undo(self.id)

    @rule(data=st.data())
    def restore(self, data):
        number = data.draw(st.integers(1, len(self.states)))
        self.set(self.states[number - 1])
        self.catalogue.playlists.restore(self.id, number)
        self.changed()

    @invariant()
    def the_store_holds_what_the_list_holds(self):
        if not hasattr(self, "id"):
            return
        stored = self.catalogue.playlists.get(self.id)
        assert self.read(stored) == self.state()
        assert stored.version == len(self.states)

    @rule(data=st.data())
    def any_version_is_what_it_was(self, data):
        number = data.draw(st.integers(1, len(self.states)))
        assert self.read(self.catalogue.playlists.version(self.id, number)[1]) == self.states[number - 1]

    @rule(data=st.data())
    def a_difference_leads_from_one_to_the_other(self, data):
        first, last = (data.draw(st.integers(1, len(self.states))) for _ in range(2))
        changes = self.catalogue.playlists.diff(self.id, first, last)
        gone, moved = {p.position for p in changes.removed}, {m.before for m in changes.moved}
        kept = [c for n, c in enumerate(self.states[first - 1][0]) if n not in gone | moved]
        arrived = sorted(
            [(p.position, p.entry) for p in changes.added] + [(m.after, m.entry) for m in changes.moved],
            key=lambda a: a[0],
        )
        for position, entry in arrived:
            kept.insert(position, entry.track_id)
        assert tuple(kept) == self.states[last - 1][0]

    @staticmethod
    def read(document):
        return (
            tuple(e.track_id for e in document.entries),
            tuple(e.pinned for e in document.entries),
            frozenset(document.bans),
        )


Documents.TestCase.settings = settings(
    max_examples=25, stateful_step_count=45, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestDocuments = Documents.TestCase
