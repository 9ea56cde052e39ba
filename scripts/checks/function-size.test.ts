import { describe, expect, test } from 'vitest';
import { findLongFunctions, measureFunctions } from './function-size.mjs';

interface Measured {
  name: string;
  line: number;
  lines: number;
}

/** Name and own lines of each function, in the order in which they begin. */
function measure(code: string, file = 'some.tsx'): [string, number][] {
  const found: Measured[] = measureFunctions({ file, code });
  return found.sort((a, b) => a.line - b.line).map(({ name, lines }) => [name, lines]);
}

const statements = (count: number) => Array.from({ length: count }, (_, at) => `  step(${at});`).join('\n');

describe('the size of a function', () => {
  test('is the number of its lines, its braces included', () => {
    expect(measure(`function a() {\n  one();\n  two();\n}`)).toEqual([['a', 4]]);
  });

  test('leaves out blank lines and comments, and counts code that a comment follows', () => {
    const code = `function a() {\n\n  // why\n  one(); // here\n  /* long\n     story */\n  two();\n}`;
    expect(measure(code)).toEqual([['a', 4]]);
  });

  test.each([
    ['declared', `function inner() {\n    one();\n    two();\n  }`],
    ['assigned to a constant', `const inner = () => {\n    one();\n    two();\n  };`],
    ['assigned later', `x.inner = async () => {\n    one();\n    two();\n  };`],
    ['in brackets and cast', `const inner = (() => {\n    one();\n    two();\n  }) as Some;`],
    ['a method of an object', `return { inner() {\n    one();\n    two();\n  } };`],
    ['a property of an object', `return { inner: () => {\n    one();\n    two();\n  } };`],
    ['a method of a class', `return class { inner() {\n    one();\n    two();\n  } };`],
  ])('leaves out a function inside it that is %s', (_, inner) => {
    expect(measure(`function outer() {\n  begin();\n  ${inner}\n}`)).toEqual([
      ['outer', 3],
      ['inner', 4],
    ]);
  });

  test('counts a callback without a name as part of the function around it, and measures it too', () => {
    expect(measure(`function outer() {\n  list.map((a) => {\n    return a;\n  });\n}`)).toEqual([
      ['outer', 5],
      ['a function without a name', 3],
    ]);
  });

  test('leaves out a named function however deep it lies', () => {
    const code = `function outer() {\n  run(() => {\n    const deep = () => {\n      one();\n    };\n  });\n}`;
    expect(measure(code)).toEqual([
      ['outer', 4],
      ['a function without a name', 2],
      ['deep', 3],
    ]);
  });

  test.each(['describe', 'test', 'test.each([1, 2])', 'describe.skipIf(away)', 'beforeAll'])(
    'is no matter for the body of %s, nor for what stands around it',
    (call) => {
      const head = call === 'beforeAll' ? '' : `'title', `;
      const code = `function contract() {\n  ${call}(${head}async () => {\n${statements(80)}\n  });\n}`;
      expect(measure(code)).toEqual([['contract', 2]]);
    },
  );
});

describe('the check', () => {
  test('accepts 60 lines and complains of 61, with the place and the name', () => {
    const code = `\nconst fits = () => {\n${statements(58)}\n};\nfunction tooLong() {\n${statements(59)}\n}`;
    expect(findLongFunctions({ file: 'some.ts', code })).toEqual([
      { file: 'some.ts', line: 62, text: expect.stringContaining('tooLong has 61 lines') },
    ]);
  });

  test('complains of a long function that hides in a factory', () => {
    const code = `export function createThing() {\n  return {\n    go() {\n${statements(70)}\n    },\n  };\n}`;
    expect(findLongFunctions({ file: 'some.ts', code })).toMatchObject([{ line: 3 }]);
  });

  test('says which file it cannot read', () => {
    expect(() => measureFunctions({ file: 'some.ts', code: 'function {' })).toThrow('some.ts');
  });
});
