from __future__ import annotations

from rich.cells import cell_len

from locktrace_tui.rows.cells import Cell, Column, Row
from locktrace_tui.rows.typeset import Typeset

COLUMNS = (
    Column("severity", "", least=7, most=9),
    Column("message", "finding", least=12, wraps=True),
    Column("age", "since", least=6, most=8, right=True, drop=1, sortable=True),
)
SENTENCE = "three readers wait behind a writer, 待っている, and nobody lets go"
ROWS = (
    Row("a", (Cell("error"), Cell(SENTENCE), Cell("6.2 s"))),
    Row("b", (Cell("and 12 more that did not go into this list"),), spans=True),
    Row("c", (Cell("warning"), Cell("short"), Cell("12 ms"))),
)


def test_every_line_is_exactly_as_wide_as_the_table():
    for width in range(24, 140):
        lines = Typeset(COLUMNS, ROWS, width)
        for number in range(len(lines.places)):
            assert cell_len("".join(text for text, _ in lines.line(number))) == width
        assert cell_len(lines.header()) == width


def test_a_wrapped_sentence_is_all_there_and_the_next_row_begins_below_it():
    lines = Typeset(COLUMNS, ROWS, 40)
    shown = ["".join(text for text, _ in lines.line(n)) for n in range(lines.first_line(1))]
    assert "".join(SENTENCE.split()) in "".join("".join(line[8:33] for line in shown).split())
    assert "6.2 s" in shown[0]
    assert "6.2 s" not in "".join(shown[1:])


def test_a_row_that_spans_uses_the_whole_width():
    lines = Typeset(COLUMNS, ROWS, 50)
    assert lines.line(lines.first_line(1))[0][0].rstrip() == ROWS[1].cells[0].text


def test_the_header_has_an_arrow_at_the_sorted_column_and_knows_which_is_clicked():
    lines = Typeset(COLUMNS, ROWS, 60)
    assert lines.header("age").endswith("since▼")
    assert lines.header("age", backwards=True).endswith("since▲")
    assert lines.column_at(0).key == "severity"
    assert lines.column_at(59).key == "age"
    assert lines.column_at(70) is None
