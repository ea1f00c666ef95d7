# SPDX-License-Identifier: Apache-2.0
"""What the comment of a System API method says: prose, tagged lines, and example messages.

A tagged line is "Why:", "Permission:", "Limit:" or "Errors:" and its text; an example is "-> JSON" (the app sends)
or "<- JSON" (the system answers). Either goes on in the lines after it that are indented.
"""
import dataclasses
import json
import re

from idl import Mistake

TAGS = ("Why", "Permission", "Limit", "Errors")
REASONS = ("hardware", "privacy", "system interaction", "UX across the boundary", "battery", "performance")
LINE = re.compile(rf"(?:({'|'.join(TAGS)}):|(->|<-))(?: (.*))?")


@dataclasses.dataclass
class Annotations:
    prose: str
    tags: dict[str, str]
    examples: list[tuple[str, dict]]  # ("->" or "<-", message)

    @property
    def why(self) -> tuple[str, str]:
        """The kind of reason, one of REASONS, and the reason itself."""
        kind, _, text = self.tags["Why"].partition(":")
        return kind.strip(), text.strip()

    @property
    def errors(self) -> list[str]:
        return [] if self.tags["Errors"] == "none" else [name.strip() for name in self.tags["Errors"].split(",")]


def read(comment: str, where: str) -> Annotations:
    prose, blocks = [], []
    for line in comment.split("\n"):
        if match := LINE.fullmatch(line):
            blocks.append([match[1] or match[2], match[3] or ""])
        elif line.startswith("  ") and blocks:
            blocks[-1][1] += " " + line.strip()
        else:
            if blocks:
                raise Mistake(f"{where}: prose after the tagged lines: {line!r}")
            prose.append(line)

    found = Annotations("\n".join(prose).strip(), {}, [])
    for key, text in blocks:
        text = text.strip()
        if key in TAGS:
            if key in found.tags:
                raise Mistake(f"{where}: {key}: stands there twice")
            found.tags[key] = text
            continue
        try:
            message = json.loads(text)
        except ValueError as error:
            raise Mistake(f"{where}: the example {key} {text} is not JSON: {error}") from error
        if not isinstance(message, dict):
            raise Mistake(f"{where}: the example {key} {text} is not an object")
        found.examples.append((key, message))
    return found
