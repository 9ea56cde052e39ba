import { describe, expect, test } from 'vitest';
import { findScreenWords } from './screen-words.mjs';

const textsIn = (code: string): string[] =>
  findScreenWords({ file: 'some.tsx', code }).map(({ text }: { text: string }) => text.split('"')[1] ?? '');

describe('words on screen', () => {
  test.each([
    ['<p>Nothing here</p>', 'Nothing here'],
    ['<p>{isOpen ? words.open : "Closed"}</p>', 'Closed'],
    ['<>{count > 0 && "Some"}</>', 'Some'],
    ['<Field label="Name" />', 'Name'],
    [`<b aria-label={\`Remove \${name}\`} />`, 'Remove'],
    ['<i title={a ? "Yes" : words.no} />', 'Yes'],
  ])('may not stand in a component: %s', (code, text) =>
    expect(textsIn(`const a = ${code};`)).toEqual([text]),
  );

  test.each([
    '<p>{words.none}</p>',
    '<p className="text-sm" key="name" />',
    '<p> · – %</p>',
    '<b aria-label={words.remove(name)} />',
    '<Menu align="end" />',
  ])('are not what is no sentence, or comes from elsewhere: %s', (code) =>
    expect(textsIn(`const a = ${code};`)).toEqual([]),
  );

  test('tell the line of the text and not of the tag before it', () => {
    const [found] = findScreenWords({ file: 'some.tsx', code: 'const a = (\n  <p>\n    Hello\n  </p>\n);' });
    expect(found?.line).toBe(3);
  });
});
