import { afterEach, expect } from 'vitest';
import { takeComplaints } from './complaints.ts';

afterEach(() => {
  // In the message itself: a summary shows nothing else, and cuts texts that are compared.
  const complaints = takeComplaints();
  expect(complaints, `complaints of a browser: ${complaints.join('; ')}`).toEqual([]);
});
