"""Slips of the fingers in the words that matter."""

import pytest

from agent.languages import read
from agent.languages.spelling import mended


@pytest.mark.parametrize(
    ("language", "slip", "meant"),
    [
        ("en", "fatser than 160 bpm", "faster than 160 bpm"),
        ("en", "why the secnod?", "why the second?"),
        ("en", "cinematci and eelctronic", "cinematic and electronic"),
        ("de", "höchstens 5 Minuetn", "höchstens 5 Minuten"),
        ("es", "con giutarra", "con guitarra"),
        ("fr", "c'est trop tritse", "c'est trop triste"),
    ],
)
def test_slips_are_mended(language, slip, meant):
    assert mended(slip, language) == meant


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "though the three beasts were quiet, paying the stings no heed"),
        ("en", "sort it by title"),
        ("en", "a minuet"),
        ("de", "leider gab es anders gespielte Lieder"),
        ("en", "O'Neil's #secnod e-mial@home"),
    ],
)
def test_words_of_their_own_stay(language, text):
    assert mended(text, language) == text


def test_names_in_quotes_are_never_mended():
    assert read("play “Fatser Giutar” please").text == "play “Fatser Giutar” please"


@pytest.mark.parametrize(
    ("message", "english"),
    [
        ("quiero escuchar La Flaca de Jarabe de Palo", "play “La Flaca” by Jarabe de Palo"),
        ("mets-moi La Bohème de Charles Aznavour stp", "play “La Bohème” by Charles Aznavour"),
        ("放Doug Kaufman的《Siege of Laurelmor》", "play “Siege of Laurelmor” by Doug Kaufman"),
    ],
)
def test_titles_are_not_translated(message, english):
    assert read(message).text == english


@pytest.mark.parametrize(
    ("language", "typed", "meant"),
    [
        ("es", "la ultima cancion", "la última canción"),
        ("fr", "la premiere et la deuxieme", "la première et la deuxième"),
        ("de", "etwas zum Hoeren", "etwas zum Hören"),
    ],
)
def test_accents_that_were_left_out_are_put_back(language, typed, meant):
    assert mended(typed, language) == meant


def test_a_language_is_known_without_its_accents():
    assert read("lance la premiere").language == "fr"
    assert "calmer" in read("esta bien pero mas calmada").text
