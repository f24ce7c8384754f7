"""Code that says `import litellm`, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SECONDS = 60.0  # after which something is taken to hang
ROOT = Path(__file__).parents[1]
INSTALL = "import rillm.drop_in; rillm.drop_in.install()\n"


def python(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own words only
        [sys.executable, "-W", "error", *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"},
    )


@pytest.mark.parametrize(
    "code",
    [
        "import litellm; import rillm; assert litellm.completion is rillm.completion",
        "from litellm import completion, acompletion, stream_chunk_builder, mock_completion, ModelResponse, Router",
        "from litellm import CustomStreamWrapper, Logging, ModelResponseListIterator, RateLimitError, Timeout",
        "import litellm.utils; from litellm.utils import ModelResponseListIterator, Delta, StreamingChoices",
        "from litellm.types.utils import Delta, StreamingChoices, ModelResponse, ModelResponseStream, Usage, Choices",
        "from litellm.types.utils import Function, ChatCompletionDeltaToolCall, Message",
        "from litellm.types.utils import PromptTokensDetailsWrapper, CompletionTokensDetailsWrapper",
        "from litellm.exceptions import MidStreamFallbackError, ContextWindowExceededError, BudgetExceededError",
        "from litellm.integrations.custom_logger import CustomLogger\nclass Mine(CustomLogger): ...",
        "import litellm.litellm_core_utils.litellm_logging; assert litellm.litellm_core_utils.litellm_logging.Logging",
        "from litellm.litellm_core_utils.streaming_handler import CustomStreamWrapper",
        "from litellm.main import acompletion",
        "from litellm.router import Router",
        # What is set counts.
        "import litellm, rillm; litellm.success_callback = [print]; assert rillm.success_callback == [print]",
        "import litellm as l; l.REPEATED_STREAMING_CHUNK_LIMIT = 7; assert l.REPEATED_STREAMING_CHUNK_LIMIT == 7",
        "import litellm as l, rillm as r; l.success_callback.append(print); assert r.success_callback == [print]",
        "import litellm; litellm.num_retries = 3; litellm.drop_params = True; assert litellm.num_retries == 3",
        "import litellm; litellm.set_verbose = True; litellm.cache = None; assert litellm.set_verbose is True",
        "import litellm; assert 'completion' in dir(litellm); assert litellm.__version__",
        "import rillm.drop_in; rillm.drop_in.install(); import litellm; litellm.completion",
        "import rillm; rillm.drop_in.install()",
        "import sys, litellm; assert 'openai' not in sys.modules",
        "import importlib.util as u; assert u.find_spec('litellm'); assert u.find_spec('litellm.types.utils')",
        "import litellm, rillm; litellm.request_timeout = 30.0; assert rillm.request_timeout == 30.0",
    ],
)
def test_a_program_that_works(code: str) -> None:
    done = python("-c", INSTALL + code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    ("code", "error", "words"),
    [
        ("import litellm; litellm.embedding", "AttributeError", "litellm.embedding"),
        ("import litellm; litellm.api_key = 'sk-x'", "AttributeError", "litellm.api_key"),
        ("import litellm.utils; litellm.utils.token_counter", "AttributeError", "litellm.utils.token_counter"),
        ("import litellm.proxy.proxy_server", "ModuleNotFoundError", "litellm.proxy"),
    ],
)
def test_what_is_not_covered_says_so(code: str, error: str, words: str) -> None:
    done = python("-c", INSTALL + code)
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith(error)
    assert words in last
    assert "does not cover" in last
    assert "https://github.com/rillm/rillm/issues" in last
    assert "sk-x" not in last


def test_the_real_one_is_there_already(tmp_path: Path) -> None:
    (tmp_path / "litellm.py").write_text("real = True")
    done = python("-c", "import sys; sys.path.insert(0, '.'); import litellm\n" + INSTALL, cwd=tmp_path)
    assert "RuntimeError: litellm itself has been imported already" in done.stderr
    assert "before anything imports it" in done.stderr


PROGRAM = """
import sys
import litellm
from helper import HELPED
response = litellm.completion("gpt-4o-mini", [{"role": "user", "content": "Hi"}], mock_response=sys.argv[1])
print(response.choices[0].message.content, HELPED, __name__, sys.argv)
"""


@pytest.mark.parametrize("arguments", [("program.py",), ("-m", "program")])
def test_as_a_command(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text("HELPED = True")
    done = python("-m", "rillm.drop_in", *arguments, "Hello", cwd=tmp_path)
    assert done.stderr == ""
    said, helped, name, *_ = done.stdout.split()
    assert (said, helped, name) == ("Hello", "True", "__main__")
    assert done.stdout.rstrip().endswith("'Hello']")


@pytest.mark.parametrize("arguments", [(), ("-m",)])
def test_as_a_command_without_a_program(arguments: tuple[str, ...]) -> None:
    done = python("-m", "rillm.drop_in", *arguments)
    assert done.returncode == 1
    assert "usage: python -m rillm.drop_in script.py" in done.stderr
