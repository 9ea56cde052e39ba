import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** Where `import signalbox` finds it. */
export const PYTHON_SDK = join(import.meta.dirname, '../../../sdk/python');

const IS_NEW_ENOUGH = 'import sys; sys.exit(sys.version_info < (3, 9))';

/** Undefined where there is none, or only one that is too old. */
export function findPython(): string | undefined {
  return ['python3', 'python'].find((name) => spawnSync(name, ['-c', IS_NEW_ENOUGH]).status === 0);
}
