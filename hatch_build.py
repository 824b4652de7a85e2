"""Puts the knowledge into the wheel, together with its compiled copy, named by the digest of what it was made from."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).resolve().parent
FOLDER = ROOT / "knowledge"


class KnowledgeHook(BuildHookInterface):  # type: ignore[type-arg]
    """Runs when a wheel is built; a wrong knowledge file stops the build as it stops a start."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add every file of the knowledge, and the compiled copy."""
        if version == "editable":
            return
        for path in sorted(FOLDER.rglob("*")):
            if path.is_file() and ".compiled" not in path.parts:
                build_data["force_include"][str(path)] = f"fourthstep/_knowledge/{path.relative_to(FOLDER).as_posix()}"
        compiled = self._compiled()
        build_data["force_include"][str(compiled)] = f"fourthstep/_knowledge/.compiled/{compiled.name}"

    def _compiled(self) -> Path:
        sys.path.insert(0, str(ROOT / "src"))
        from fourthstep.knowledge.load import load_knowledge  # noqa: PLC0415  only the source tree has it yet

        name = load_knowledge(FOLDER).digest
        return FOLDER / ".compiled" / f"{name}.msgpack"
