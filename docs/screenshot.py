"""Draw the README's picture anew: the real app on the real demo, once it has stalled.

`make screenshot` runs this; the SVG is what the app itself exports.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path

from locktrace.launch.demo_server import DemoServer
from locktrace.launch.processes import connect
from locktrace.observe.agent_source import AgentSource
from locktrace.session import Session
from locktrace_tui.app import LocktraceApp

SIZE = (150, 42)
PATIENCE_S = 60.0


async def draw(session: Session) -> str:
    """The screen as SVG, a moment after the first stall snapshot."""
    app = LocktraceApp(session)
    async with app.run_test(size=SIZE) as pilot, asyncio.timeout(PATIENCE_S):
        while app.shown is None or not app.shown.stalls:
            await pilot.pause(0.2)
        await pilot.pause(2.0)
        return app.export_screenshot(title="locktrace demo")


def main() -> None:
    """Write the picture to the path given."""
    arguments = ["--load", "50", "--port", "0", "--reload-every", "6s"]
    with DemoServer(arguments, traced=True) as server:
        session = Session(AgentSource(connect(server.pid), server.pid))
        session.settle(PATIENCE_S)
        svg = asyncio.run(draw(session))
        session.close()
    # A picture in a repository must not fetch fonts from the network.
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = svg.replace(str(Path(sys.executable).parent) + "/", "")
    Path(sys.argv[1]).write_text(svg, encoding="utf-8")


main()
