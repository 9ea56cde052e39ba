import { expect, test } from 'vitest';
import { seen, type Typed } from './typed-since.ts';

test('a reason that was typed for one thing and not given is not offered for the next', () => {
  let typed: Typed = { isOpen: true, text: 'It leaks.' };
  // While it fades away it says what it said.
  typed = seen(typed, false);
  expect(typed.text).toBe('It leaks.');
  typed = seen(typed, true);
  expect(typed).toEqual({ isOpen: true, text: '' });
  expect(seen({ ...typed, text: 'Other' }, true).text).toBe('Other');
});
