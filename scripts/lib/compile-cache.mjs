import { join } from 'node:path';
import { ROOT } from './paths.mjs';

/**
 * What one process has compiled the others need not, which is most of a second start; tests start hundreds. It is in the
 * environment of whatever they start; what changes in a file is compiled anew.
 */
export const WITH_COMPILE_CACHE = {
  NODE_COMPILE_CACHE: join(ROOT, 'node_modules/.cache/signalbox-compiled'),
};
