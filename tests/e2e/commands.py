# SPDX-License-Identifier: Apache-2.0
"""The bulkhead command, as a person types it."""
import contextlib
import io
import sys

import conftest  # noqa: F401  (finds the modules of cli/)
import bulkhead


def command(status: int, *arguments: str) -> tuple[str, str]:
    """Runs `bulkhead`, which must end so: what it prints, and what it complains of."""
    said, complaint = io.StringIO(), io.StringIO()
    before, sys.argv = sys.argv, ["bulkhead", *arguments]
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(complaint):
            ended = bulkhead.main()
    except SystemExit as end:
        ended = end.code or 0
    finally:
        sys.argv = before
    assert ended == status, said.getvalue() + complaint.getvalue()
    return said.getvalue(), complaint.getvalue()
