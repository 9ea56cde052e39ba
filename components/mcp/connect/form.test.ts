import { expect, test } from 'vitest';
import { type Chosen, type Entry, OTHER, startOf, toInput } from './form.ts';

const entry = { server_type: 'wiki', name: 'Wiki' } as Entry;

test('what is known by name is connected under it, with the credentials that were given', () => {
  const chosen: Chosen = { kind: 'entry', entry };
  const form = { ...startOf(chosen), credentials: { api_key: 'sealed', other: '' } };
  expect(toInput(form, chosen)).toEqual({
    ...{ slug: 'wiki', personal: false, server_type: 'wiki' },
    credentials: { api_key: 'sealed' },
  });
});

test('an address is told by a header or by signing in, and never by both', () => {
  const form = { ...startOf(OTHER), slug: 'notes', url: 'https://notes.example/mcp', value: 'Bearer x' };
  expect(toInput(form, OTHER)).toMatchObject({ headers: { Authorization: 'Bearer x' } });
  const signsIn = toInput({ ...form, reached: 'each', clientId: 'me' }, OTHER);
  expect(signsIn).toMatchObject({ sign_in: { mode: 'each', client_id: 'me' } });
  expect(signsIn).not.toHaveProperty('headers');
});

test('a program is given its arguments line by line', () => {
  const chosen: Chosen = { kind: 'program', program: 'files' };
  expect(toInput({ ...startOf(chosen), args: '--root\n{folder}\n\n' }, chosen)).toEqual({
    ...{ slug: 'files', personal: false, program: 'files' },
    args: ['--root', '{folder}'],
  });
});
