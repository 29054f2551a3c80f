import pytest
from ranking_facts import put

from catalog.values import TrackId
from retrieval.filters import compile_constraints
from retrieval.reading.wishes import parse_wishes
from retrieval.values import SearchRequest

WISHES = """songs that won a Grammy
music in 5/4 time
calm piano with lyrics about the sea
tracks featured in a Netflix show
songs with more than a million streams
a track recorded at Abbey Road
songs produced by Rick Rubin
lossless only
music by a Swedish band
songs by women composers
with a key change
tuned to 432 Hz
songs in French
trending on TikTok
the most popular ones
that I have never heard before
remastered versions
five star tracks
cover versions of Beatles songs
with a long guitar solo
samples of James Brown
with a music video
songs about heartbreak in Paris
Dolby Atmos mixes
played at Woodstock
with printed lyrics
music that gives me goosebumps
music from my wedding
karaoke versions
vinyl rips
songs whose bassist is left-handed
something you can buy
by a young local singer
that samples a train
released on a Friday
in mixolydian mode
with clean lyrics
that starts with a gong
obscure tracks
what my wife's favourites are""".splitlines()


@pytest.mark.parametrize("text", WISHES)
def test_what_cannot_be_checked_is_declared_with_a_reason(four, engine, text):
    result = engine.search(engine.request(text))
    declared = [r for r in result.receipts if r.status == "unenforceable"]
    assert declared
    assert all(r.evidence for r in declared)


@pytest.mark.parametrize(
    "text",
    [
        "calm piano under 3 minutes",
        "something about 3 minutes long",
        "music about 120 bpm",
        "dark ambient in A minor",
        "songs that sound like rain",
        "music that fits my holiday video",
        "epic battle music for a trailer",
        "rock with guitar, no vocals",
        "something to study to",
        "music from the 80s",
        "by the bards",
        "3 more like the second one",
    ],
)
def test_what_can_be_checked_is_not_declared_out_of_reach(text):
    assert "other" not in {c.field for c in parse_wishes(text, ["The Bards"]).constraints}


def test_words_that_nothing_here_has_are_named(four, engine):
    result = engine.search(SearchRequest(text="calm piano zanzibar"))
    assert [r.constraint.value for r in result.receipts] == ["zanzibar"]


def test_an_artist_can_be_wished_for_by_likeness_and_left_out(catalogue, engine):
    for n in range(3):
        put(catalogue, f"a{n}", title=f"Sun {n}", artist="Ada Sun", genre=("dream pop",))
        put(catalogue, f"b{n}", title=f"Moon {n}", artist="Bea Moon", genre=("dream pop",))
        put(catalogue, f"c{n}", title=f"Iron {n}", artist="Cee Iron", genre=("grindcore",))
    request = engine.request("something like Ada Sun but by other artists")
    assert [(c.field, c.op, c.value, c.hard) for c in request.constraints] == [
        ("artist", "like", "Ada Sun", False),
        ("artist", "not", "Ada Sun", True),
    ]
    found = [c.track.artist for c in engine.search(request).candidates]
    assert "Ada Sun" not in found
    assert found[:3] == ["Bea Moon"] * 3
    receipts = compile_constraints(engine.state.snapshot, request.constraints).receipts
    assert [r.status for r in receipts] == ["scored", "enforced"]


def test_artists_and_tags_are_known_wherever_they_stand(catalogue, engine):
    put(catalogue, "a", title="One", artist="Ada Sun", genre=("dream pop",))
    put(catalogue, "b", title="Two", artist="Bea")
    named = engine.parse("some Ada Sun would be nice").constraints
    assert [(c.field, c.value) for c in named] == [("artist", "Ada Sun")]
    assert [(c.field, c.value) for c in engine.parse("dream pop songs").constraints] == [("genre", "dream pop")]
    assert [c.op for c in engine.parse("I also like Ada Sun").constraints] == ["is"]
    assert [c.op for c in engine.parse("nothing by Ada Sun").constraints] == ["not"]
    assert engine.search(engine.request("some Ada Sun please")).candidates[0].track.id == TrackId("a")
