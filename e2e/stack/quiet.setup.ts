import { afterEach, expect } from 'vitest';
import { takeComplaints } from './complaints.ts';

afterEach(() => {
  // One text, and not a list: its first line is what a summary shows.
  expect(takeComplaints().join('\n'), 'complaints of a browser').toBe('');
});
