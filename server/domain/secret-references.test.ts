import { describe, expect, test } from 'vitest';
import { malformedReference, referenceTo, secretsNamedIn, withSecrets } from './secret-references.ts';

const ref = referenceTo;

describe('which secrets values name', () => {
  test.each([
    ['nothing', ['Bearer abc', ''], []],
    ['one within a value', [`Bearer ${ref('GITHUB_TOKEN')}`], ['GITHUB_TOKEN']],
    ['several, each once and in order', [`${ref('b')}:${ref('a/x.y-z')}`, ref('b')], ['a/x.y-z', 'b']],
    ['none that is called as no secret may be', [ref('-a'), ref(''), ref('a b')], []],
    ['no variable of other tools', [`\${env:HOME} \${GITHUB_TOKEN} {folder}`], []],
  ])('%s', (_, values, names) => {
    expect(secretsNamedIn(values)).toEqual(names);
  });
});

describe('what begins like a reference and is none', () => {
  test.each([
    ['Bearer abc', null],
    [`${ref('a')} and ${ref('b')}`, null],
    [`${ref('a')} and ${ref('b c')}`, ref('b c')],
    [ref(''), ref('')],
    [`\${SECRET:A}`, `\${SECRET:A}`],
    [`\${ secret: A}`, `\${ secret: A}`],
    [`\${secret_A}`, null],
    // What follows may be a key that somebody has put in the wrong place.
    [`\${secret:hunter2`, `\${secret:`],
    [ref('x'.repeat(129)), `\${secret:${'x'.repeat(51)}`],
  ])('in %s: %s', (value, found) => {
    expect(malformedReference(value)).toBe(found);
  });
});

describe('secrets in their places', () => {
  const secrets = new Map([
    ['a', `$& ${ref('b')}`],
    ['b', 'two'],
  ]);

  test('all are put in, as they are to the letter', () => {
    expect(withSecrets(`${ref('b')}-${ref('b')}`, secrets)).toBe('two-two');
  });

  test('what stands in a secret is no reference', () => {
    expect(withSecrets(`x ${ref('a')}`, secrets)).toBe(`x $& ${ref('b')}`);
  });

  test('what is not among them stays text', () => {
    expect(withSecrets(`${ref('c')} ${ref('b')}`, secrets)).toBe(`${ref('c')} two`);
  });
});
