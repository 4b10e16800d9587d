"""The table by itself, in an app that has nothing else."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from textual.app import App, ComposeResult

from locktrace_tui.rows.cells import Cell, Column, Row
from locktrace_tui.widgets.table import Table

COLUMNS = (Column("name", "name", least=8, sortable=True), Column("n", "n", least=4, right=True))


class CountingTable(Table):
    drawn = 0

    def render_line(self, y: int):
        self.drawn += 1
        return super().render_line(y)


class TableApp(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.opened: list[object] = []
        self.headers: list[str] = []

    def compose(self) -> ComposeResult:
        yield CountingTable(COLUMNS, empty="nothing here")

    def on_table_opened(self, event: Table.Opened) -> None:
        self.opened.append(event.table.cursor_key)

    def on_table_header_clicked(self, event: Table.HeaderClicked) -> None:
        self.headers.append(event.column)


def rows(names: Sequence[str], number: int = 0) -> list[Row]:
    return [Row(name, (Cell(name), Cell(str(number)))) for name in names]


@asynccontextmanager
async def a_table(names: Sequence[str]) -> AsyncIterator[tuple[CountingTable, object]]:
    app = TableApp()
    async with app.run_test(size=(40, 10)) as pilot:
        table = app.query_one(CountingTable)
        table.focus()
        table.show_rows(rows(names))
        await pilot.pause()
        yield table, pilot


async def test_an_untouched_cursor_follows_whichever_row_is_first():
    async with a_table("abc") as (table, _):
        table.show_rows(rows("cab"))
        assert table.cursor_key == "c"


async def test_a_moved_cursor_stays_with_its_row_through_refreshes_and_resorts():
    async with a_table("abc") as (table, pilot):
        await pilot.press("down")
        table.show_rows(rows("bca", 5))
        assert (table.cursor_key, table.cursor) == ("b", 0)
        table.show_rows(rows("xyzcab"))
        assert (table.cursor_key, table.cursor) == ("b", 5)


async def test_home_lets_go_of_the_row_again():
    async with a_table("abc") as (table, pilot):
        await pilot.press("down", "home")
        table.show_rows(rows("cab"))
        assert table.cursor_key == "c"


async def test_the_cursor_stays_where_it_is_when_its_row_goes():
    async with a_table("abcd") as (table, pilot):
        await pilot.press("down", "down")
        table.show_rows(rows("abd"))
        assert table.cursor_key == "d"
        table.show_rows(rows("a"))
        assert table.cursor_key == "a"
        table.show_rows([])
        assert table.cursor_key is None


async def test_keys_reach_every_row_and_keep_it_in_sight():
    names = [f"row{n}" for n in range(100)]
    async with a_table(names) as (table, pilot):
        await pilot.press("end")
        assert table.cursor == 99
        assert table.scroll_offset.y == 91
        await pilot.press("pageup")
        assert table.cursor == 90
        await pilot.press("up", "k", "j")
        assert table.cursor == 89
        assert table.scroll_offset.y == 88
        await pilot.press("home")
        assert (table.cursor, table.scroll_offset.y) == (0, 0)


async def test_a_cursor_that_was_in_sight_stays_in_sight_when_rows_come_above_it():
    async with a_table("abc") as (table, pilot):
        await pilot.press("down")
        table.show_rows(rows([*(f"row{n}" for n in range(50)), "a", "b"]))
        await pilot.pause()
        assert 0 <= table.cursor - table.scroll_offset.y < 9


async def test_only_the_lines_that_changed_are_drawn_again():
    async with a_table("abcdef") as (table, pilot):
        table.drawn = 0
        changed = rows("abcdef")
        changed[3] = Row("d", (Cell("d"), Cell("7")))
        table.show_rows(changed)
        await pilot.pause()
        assert table.drawn == 1
        table.show_rows(changed)
        await pilot.pause()
        assert table.drawn == 1


async def test_enter_opens_the_row_under_the_cursor():
    async with a_table("abc") as (table, pilot):
        await pilot.press("down", "enter")
        assert table.app.opened == ["b"]


async def test_enter_on_an_empty_table_does_nothing():
    async with a_table("") as (table, pilot):
        await pilot.press("enter", "up", "down", "end", "home")
        assert table.app.opened == []


async def test_a_click_moves_the_cursor_and_a_double_click_opens():
    async with a_table("abc") as (table, pilot):
        await pilot.click(Table, offset=(5, 2))
        assert table.cursor_key == "b"
        assert table.app.opened == []
        await pilot.double_click(Table, offset=(5, 3))
        assert table.app.opened == ["c"]


async def test_a_click_below_the_rows_changes_nothing():
    async with a_table("abc") as (table, pilot):
        await pilot.click(Table, offset=(5, 8))
        assert table.cursor_key == "a"


async def test_a_click_on_a_header_tells_its_column_if_one_can_sort_by_it():
    async with a_table("abc") as (table, pilot):
        await pilot.click(Table, offset=(4, 0))
        await pilot.click(Table, offset=(36, 0))
        assert table.app.headers == ["name"]


async def test_scrolling_away_leaves_the_cursor_with_its_row_and_the_picture_where_it_is():
    async with a_table([f"row{n}" for n in range(100)]) as (table, pilot):
        await pilot.press("down")
        table.scroll_down(animate=False)
        table.scroll_down(animate=False)
        table.scroll_down(animate=False)
        table.show_rows(rows([f"row{n}" for n in range(100)], 1))
        await pilot.pause()
        assert table.cursor_key == "row1"
        assert table.scroll_offset.y == 3


async def test_another_theme_gives_the_rows_its_colours():
    async with a_table("abc") as (table, pilot):
        dark = table.render_line(2)
        table.app.theme = "textual-light"
        await pilot.pause()
        assert table.render_line(2).text == dark.text
        assert table.render_line(2) != dark
