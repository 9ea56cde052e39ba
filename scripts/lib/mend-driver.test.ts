import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mendDriver } from './mend-driver.mjs';

test('the installed driver for Postgres is the version that the repair was made for, and is mended', () => {
  expect(mendDriver(join(import.meta.dirname, '../../node_modules'))).toBe(true);
});
