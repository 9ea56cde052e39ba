import { describe, expect, test } from 'vitest';
import { findScreenWords, judge } from './screen-words.mjs';

const textsIn = (code: string): string[] =>
  findScreenWords({ file: 'some.tsx', code }).map(({ text }: { text: string }) => text.split('"')[1] ?? '');

describe('words on screen', () => {
  test.each([
    ['<p>Nothing here</p>', 'Nothing here'],
    ['<p>{isOpen ? words.open : "Closed"}</p>', 'Closed'],
    ['<>{count > 0 && "Some"}</>', 'Some'],
    ['<Field label="Name" />', 'Name'],
    [`<b aria-label={\`Remove \${name}\`} />`, 'Remove …'],
    ['<i title={a ? "Yes" : words.no} />', 'Yes'],
    ['<Copy what="key" />', 'key'],
    ['{ label: "off" }', 'off'],
    [`{ ariaLabel: \`Stage \${key}\` }`, 'Stage …'],
    ['{ state: "Nobody takes" }', 'Nobody takes'],
    ['[Icon, "Saved"]', 'Saved'],
    ['say("Select a stage first.")', 'Select a stage first.'],
    [`() => \`\${ms} min ago\``, '… min ago'],
    ['counted(n, { one: "run", other: words.runs })', 'run'],
    ['"Choose" as Word', 'Choose'],
    ['new Error("The server does not answer.")', 'The server does not answer.'],
    ['open ? "md:flex" : "sign-in first"', 'sign-in first'],
  ])('may not stand in a component: %s', (code, text) =>
    expect(textsIn(`const a = ${code};`)).toEqual([text]),
  );

  test.each([
    '<p>{words.none}</p>',
    '<p className="text-sm" key="name" />',
    '<p> · – %</p>',
    '<b aria-label={words.remove(name)} />',
    '<Menu align="end" />',
    '"flex items-center gap-2 md:w-[calc(100vw-2rem)] hover:not-disabled:bg-hover"',
    `\`rounded border \${SIZE} px-2\``,
    '{ style: { padding: "6px 8px" } }',
    '{ method: "POST", code: "OFFLINE" }',
    '["Enter", "ArrowUp", "PublicKeyCredential"]',
    'name === "Some Browser"',
    'NAMES["Some Name"]',
    '{ "Some name": 1 }',
    'document.querySelector("input, textarea")',
    'new Error("there is no editor around this component")',
    'state as "Some state"',
  ])('are not what is no sentence, or comes from elsewhere: %s', (code) =>
    expect(textsIn(`const a = ${code};`)).toEqual([]),
  );

  test('are not directives, sources of imports or cases', () => {
    const code = '"use client"; import { a } from "./A b"; switch (a) { case "Some case": }';
    expect(findScreenWords({ file: 'some.ts', code })).toEqual([]);
  });

  const found = [
    { file: 'some.ts', value: 'A cookie' },
    { file: 'some.ts', value: 'A word' },
  ];

  test('are excused by file or by text', () => {
    expect(judge(found, [{ file: 'some.ts' }])).toEqual([]);
    expect(judge(found, [{ file: 'some.ts', texts: ['A cookie'] }])).toEqual([found[1]]);
  });

  test('are missed by an exception that nothing needs any more', () => {
    const exceptions = [{ file: 'some.ts', texts: ['A cookie', 'Gone'] }, { file: 'other.ts' }];
    const texts = judge(found, exceptions).map((each) => ('text' in each ? each.text : ''));
    expect(texts.join()).toContain('"Gone" in some.ts excuses nothing');
    expect(texts.join()).toContain('"the whole file" in other.ts excuses nothing');
  });

  test('tell the line of the text and not of the tag before it', () => {
    const [found] = findScreenWords({ file: 'some.tsx', code: 'const a = (\n  <p>\n    Hello\n  </p>\n);' });
    expect(found?.line).toBe(3);
  });
});
