import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const COMPONENTS = join(import.meta.dirname, '..');
/** A way out as soon as a question has failed, whether or not its answer to an earlier asking is there. */
const GIVES_ALL_UP =
  /if \((?:[\w.]*error(?: \?\? )?)+\)\s*(?:return <(?:Broken|Notice)|return \(\s*<(?:Broken|Notice))/;
/** What it counts is done to all that it counts: a count that may be wrong is worse than none. */
const MUST = ['runs/list/bulk-dialog.tsx'];

test('what is in sight stays there when it cannot be asked for anew: why is told above it', () => {
  const files = globSync('**/*.tsx', { cwd: COMPONENTS });
  expect(files).toContain('shell/broken.tsx');
  const giveUp = files.filter((file) => GIVES_ALL_UP.test(readFileSync(join(COMPONENTS, file), 'utf8')));
  expect(giveUp.toSorted()).toEqual(MUST);
});
