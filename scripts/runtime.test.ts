import { describe, expect, test } from 'vitest';
import { isNewEnough } from './runtime.mjs';

describe('the runtime', () => {
  test.each(['v22.18.0', 'v22.21.1', 'v24.0.0', 'v100.0.0'])('is new enough as %s', (version) =>
    expect(isNewEnough(version)).toBe(true),
  );
  test.each(['v22.17.9', 'v20.99.0', 'v9.0.0', 'nonsense'])('is fetched instead of %s', (version) =>
    expect(isNewEnough(version)).toBe(false),
  );
});
