"""The examples of the README and of docs/sdks.md do what they say, against the real service."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from support import Service

SNIPPETS = sorted(Path(__file__).parent.glob("example_*.py"))


@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda path: path.stem)
def test_an_example_runs(snippet: Path) -> None:
    text = snippet.read_text()
    mode = "flexible" if "flexible" in text else "default"
    with Service(VALIDATION_MODE=mode) as service:
        text = text.replace("http://localhost:8080", service.url).replace('"a token"', repr(service.token()))
        run = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, timeout=60, check=False)
        assert run.returncode == 0, run.stderr


def test_there_are_examples() -> None:
    assert len(SNIPPETS) >= 8
