import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/** Where `import signalbox` finds the Python SDK. */
export const PYTHON_SDK = join(ROOT, 'sdk/python');

const IS_NEW_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 9))';

/**
 * Undefined where there is none, or only one that is too old.
 * @returns {string | undefined}
 */
export function findPython() {
  return ['python3', 'python'].find((name) => spawnSync(name, ['-c', IS_NEW_ENOUGH]).status === 0);
}
