import { describe, expect, test } from 'vitest';
import { mcpToolConfigSchema } from '#server/agents/builtin/mcp-tool.ts';
import type { Json, JsonObject } from '../../../../server/domain/json.ts';
import type { EditorDocument, StageItem } from '../document.ts';
import { type Given, givenAt, isPassedWhole, passWhole, withGiven } from './arguments.ts';

const CONFIG = { connection: 'wiki', tool: 'ask' };

function world(config: JsonObject, input?: Json, before: readonly string[] = ['find']) {
  const stage: StageItem = {
    ...{ key: 'ask', type: 'mcp-tool', config: { ...CONFIG, ...config } },
    ...(input === undefined ? {} : { input }),
  };
  const document: EditorDocument = {
    ...{ notes: [], groups: [], settings: {} },
    stages: [...before.map((key) => ({ key, type: 'echo' })), stage],
    dependencies: before.map((from) => ({ from, to: 'ask' })),
  };
  return { document, stage };
}

const given = (config: JsonObject, input: Json | undefined, path: readonly string[], before?: string[]) => {
  const { document, stage } = world(config, input, before);
  return givenAt(document, stage, path);
};

function give(config: JsonObject, input: Json | undefined, [path, next]: [readonly string[], Given]) {
  const { document, stage } = world(config, input);
  const made = withGiven(document, stage, { path, next });
  expect(mcpToolConfigSchema.safeParse(made.config).success).toBe(true);
  const { connection: _, tool: _tool, ...rest } = made.config;
  return { ...rest, input: made.input } as JsonObject;
}

const value = (json: Json): Given => ({ kind: 'value', value: json });
const expression = (source: string): Given => ({ kind: 'expression', source });
const UNSET: Given = { kind: 'unset' };

describe('what an argument is given', () => {
  test('is a value as it is written, or the expression of the field that it refers to', () => {
    const args = { arguments: { question: { $input: 'q' }, depth: 2, deep: { text: { $input: 'q.a' } } } };
    const input = { q: 'stages.find.output' };
    expect(given(args, input, ['depth'])).toEqual(value(2));
    expect(given(args, input, ['question'])).toEqual(expression('stages.find.output'));
    expect(given(args, input, ['deep', 'text'])).toEqual(expression('stages.find.output.a'));
    expect(given(args, input, ['nothing'])).toEqual(UNSET);
  });

  test('is an expression of an input whose fields are the arguments', () => {
    expect(given({}, { question: 'input.q' }, ['question'])).toEqual(expression('input.q'));
  });

  test.each([
    ['input.a', 'x', 'input.a.x'],
    ['has(input.a) ? input.a : {}', 'x', '(has(input.a) ? input.a : {}).x'],
    [undefined, 'x.y z', 'stages.find.output.x["y z"]'],
  ])('is read from an input that is one value: %s', (input, $input, source) => {
    expect(given({ arguments: { a: { $input } } }, input, ['a'])).toEqual(expression(source));
  });

  test('is read from what comes in: the input of the run, or one of several outputs', () => {
    const args = { arguments: { a: { $input: 'right.x' } } };
    expect(given(args, undefined, ['a'], [])).toEqual(expression('input.right.x'));
    expect(given(args, undefined, ['a'], ['left', 'right'])).toEqual(expression('stages.right.output.x'));
    expect(given(args, undefined, ['a'], ['left', 'middle'])).toEqual({ kind: 'lost', reference: 'right.x' });
  });

  test('is lost where there is no such field', () => {
    expect(given({ arguments: { a: { $input: 'b' } } }, { c: 'input' }, ['a'])).toEqual({
      kind: 'lost',
      reference: 'b',
    });
  });
});

describe('what is given', () => {
  test('as an expression is a field of the input, and goes with its argument', () => {
    const made = give({ arguments: { depth: 2 } }, undefined, [['question'], expression('input.q')]);
    expect(made).toEqual({
      arguments: { depth: 2, question: { $input: 'question' } },
      input: { question: 'input.q' },
    });
    const { input, ...config } = made;
    expect(give(config, input, [['question'], value('Why?')])).toEqual({
      arguments: { depth: 2, question: 'Why?' },
      input: undefined,
    });
  });

  test('leaves an input alone whose fields are the arguments, until something is no expression', () => {
    const input = { question: 'input.q' };
    expect(give({}, input, [['more'], expression('1')])).toEqual({ input: { ...input, more: '1' } });
    expect(give({}, input, [['depth'], value(2)])).toEqual({
      arguments: { question: { $input: 'question' }, depth: 2 },
      input,
    });
  });

  test('turns what was read from another input into fields that read the same', () => {
    const args = { arguments: { question: { $input: 'text' }, list: [{ $input: 'n' }] } };
    expect(give(args, 'stages.find.output', [['depth'], expression('3')])).toEqual({
      arguments: {
        question: { $input: 'question' },
        list: [{ $input: 'list_0' }],
        depth: { $input: 'depth' },
      },
      input: { question: 'stages.find.output.text', list_0: 'stages.find.output.n', depth: '3' },
    });
  });

  test('deep within is named after its place, and takes no other’s name', () => {
    const input = { a_b: 'input.x' };
    const args = { arguments: { other: { $input: 'a_b' } } };
    expect(give(args, input, [['a', 'b'], expression('1')])).toEqual({
      arguments: { other: { $input: 'a_b' }, a: { b: { $input: 'a_b_2' } } },
      input: { ...input, a_b_2: '1' },
    });
    expect(give({ arguments: { a: { b: 1 } } }, undefined, [['a', 'b'], UNSET]).arguments).toEqual({});
  });

  test('does not change the expression that another argument has too', () => {
    const args = { arguments: { one: { $input: 'q' }, two: { $input: 'q' } } };
    expect(give(args, { q: 'input.q' }, [['two'], expression('input.other')])).toEqual({
      arguments: { one: { $input: 'q' }, two: { $input: 'two' } },
      input: { q: 'input.q', two: 'input.other' },
    });
    expect(give(args, { q: 'input.q' }, [['two'], UNSET]).input).toEqual({ q: 'input.q' });
  });

  test('has a point in its name that no reference could hold', () => {
    const made = give({}, { 'a.b': 'input.x' }, [['c'], value(1)]);
    expect(made).toEqual({ arguments: { 'a.b': { $input: 'a_b' }, c: 1 }, input: { a_b: 'input.x' } });
  });
});

test('an input that is passed as it comes is turned into arguments of their own, and back', () => {
  const { stage } = world({}, undefined);
  expect(isPassedWhole(stage)).toBe(true);
  const fields = passWhole(stage, false);
  expect(fields.config).toEqual({ ...CONFIG, arguments: {} });
  const now = { ...stage, config: fields.config };
  expect(isPassedWhole(now)).toBe(false);
  expect(passWhole({ ...now, input: { a: '1' } }, true)).toEqual({ config: CONFIG, input: undefined });
});
