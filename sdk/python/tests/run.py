"""Runs every test and ends with a count, as `npm test` reads it: python3 tests/run.py"""

import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).parent.parent


def main() -> int:
    sys.path.insert(0, str(ROOT))
    tests = unittest.defaultTestLoader.discover(str(ROOT / "tests"), top_level_dir=str(ROOT))
    result = unittest.TextTestRunner(verbosity=2).run(tests)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - failed - len(result.skipped)} passed, {failed} failed")
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())
