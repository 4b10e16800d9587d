"""What a `# locktrace: ignore` says, for the scanner and the runtime alike."""

from __future__ import annotations

from locktrace.comments import ignored


def test_a_comment_names_words_or_means_everything() -> None:
    text = "a()  # locktrace: ignore\nb()  # noqa  # locktrace: ignore[LT101, leaked-lock]: why\n"
    assert ignored(text) == {1: frozenset(), 2: frozenset({"lt101", "leaked-lock"})}


def test_a_string_that_looks_like_a_comment_is_none() -> None:
    text = 'help = "write # locktrace: ignore[convoy]"\nlock()  # locktrace: ignore[convoy]\n'
    assert ignored(text) == {2: frozenset({"convoy"})}


def test_of_what_is_no_python_the_lines_are_read() -> None:
    assert ignored("f('''  # locktrace: ignore[stall]\n") == {1: frozenset({"stall"})}
