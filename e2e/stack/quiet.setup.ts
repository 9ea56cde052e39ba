import { afterEach, expect } from 'vitest';
import { takeComplaints } from './complaints.ts';

afterEach(() => {
  expect(takeComplaints(), 'complaints of a browser').toEqual([]);
});
