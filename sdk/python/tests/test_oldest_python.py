from __future__ import annotations

import unittest
from pathlib import Path

from .oldest_python import too_young

ROOT = Path(__file__).parent.parent


class OldestPythonTest(unittest.TestCase):
    def test_every_file_uses_only_what_the_oldest_python_that_is_promised_has(self) -> None:
        files = [*ROOT.glob("signalbox/*.py"), *ROOT.glob("examples/*.py")]
        self.assertGreater(len(files), 10)
        for file in files:
            with self.subTest(file=file.name):
                self.assertEqual(too_young(file.read_text()), [])

    def test_what_is_too_young_is_found_however_it_is_named(self) -> None:
        for text, found in (
            ("import asyncio\nasyncio.TaskGroup()", ["asyncio.TaskGroup"]),
            ("import asyncio as a\na.timeout(1)", ["asyncio.timeout"]),
            ("import concurrent.futures\nconcurrent.futures.Young", ["concurrent.futures.Young"]),
            ("from datetime import UTC", ["datetime.UTC"]),
            ("from typing import Self as Me", ["typing.Self"]),
            ("import tomllib\ntomllib.loads", ["tomllib.loads"]),
            ("zip([], [], strict=True)", ["zip(strict=)"]),
            ("(7).bit_count()", [".bit_count"]),
            ("import traceback\ntraceback.format_exception(error)", ["format_exception with fewer than three arguments"]),
            ("from datetime import timezone\nlen([])", []),
        ):
            with self.subTest(text=text):
                self.assertEqual(too_young(text), found)
        for text in ("match 1:\n  case 1: pass", "try: pass\nexcept* OSError: pass", "type A = int", "def f[T](): pass"):
            with self.subTest(text=text), self.assertRaises(SyntaxError):
                too_young(text)


if __name__ == "__main__":
    unittest.main()
