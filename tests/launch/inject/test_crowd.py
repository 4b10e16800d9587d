"""Many threads."""

from __future__ import annotations

from tests.support import attached, running


def test_500_threads_are_attached_to_and_all_go_on() -> None:
    with running("crowd", "500", trace=False) as target:
        target.expect("ready")
        for _ in range(2):
            with attached(target.pid) as source:
                assert source.process.core == "c"
        target.close_input()
        assert target.finish() == (0, "all ended\n", "")
