import { describe, expect, test } from 'vitest';
import { builtinShapes } from '#server/agents/builtin/index.ts';
import type { Json, JsonObject } from '../../../../server/domain/json.ts';
import type { Capability } from '../capabilities.ts';
import { findProblems } from '../find-problems.ts';
import { readDocument } from '../read-document.ts';
import { suggest } from '../suggestions.ts';
import { type KnownMcp, type McpSource, sourceKey, toTool, wantedSources } from './known-mcp.ts';
import { type Offered, withKnownOutputs } from './outputs.ts';

const ASK = {
  name: 'ask',
  inputSchema: {
    type: 'object',
    properties: {
      question: { type: 'string', minLength: 3 },
      depth: { type: 'integer', format: 'int32', maximum: 5 },
      where: { $ref: '#/$defs/Place' },
    },
    required: ['question'],
    additionalProperties: false,
    $defs: { Place: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] } },
  },
  outputSchema: { type: 'object', properties: { answer: { type: 'string' }, pages: { type: 'number' } } },
};

function know(more: Partial<McpSource> = {}, state: 'approved' | 'changed' | 'gone' = 'approved'): Offered {
  const wiki: McpSource = {
    ...{ kind: 'connection', slug: 'wiki', name: 'Wiki', href: '/connections/1', standing: 'unreachable' },
    isOfPersons: false,
    tools: new Map([['ask', toTool(ASK, { name: 'ask', state })]]),
    ...more,
  };
  const gives = builtinShapes['mcp-tool']?.gives ?? null;
  const capability: Capability = {
    ...{ name: 'mcp-tool', description: '', serving: 1, configSchema: {}, inputSchema: null },
    outputSchema: gives,
  };
  const echo = { ...capability, name: 'echo', configSchema: null, outputSchema: null };
  const mcp: KnownMcp = new Map([[sourceKey(wiki), wiki]]);
  return { capabilities: new Map([capability, echo].map((each) => [each.name, each])), mcp };
}

function draft(config: JsonObject, { input, after }: { input?: Json; after?: string } = {}) {
  const ask = { key: 'ask', type: 'mcp-tool', config, ...(input === undefined ? {} : { input }) };
  const next = { key: 'next', type: 'echo', input: after ?? 'input' };
  const read = readDocument({ stages: [ask, next], dependencies: [{ from: 'ask', to: 'next' }] });
  if (!read.ok) throw new Error(read.reason);
  return read.document;
}

const messages = (config: JsonObject, offered = know(), more: { input?: Json; after?: string } = {}) =>
  findProblems(draft(config, more), offered).map(({ message }) => message);

const CALL = { connection: 'wiki', tool: 'ask' };

describe('a tool that cannot be called', () => {
  test.each([
    ['no such connection', { connection: 'other', tool: 'ask' }, know(), 'There is no connection other'],
    ['no such virtual server', { server: 'wiki', tool: 'ask' }, know(), 'There is no virtual server wiki'],
    ['no such tool', { connection: 'wiki', tool: 'tell' }, know(), 'Wiki has no tool tell'],
    ['one that has changed', CALL, know({}, 'changed'), 'is not what was approved'],
    ['one that is gone', CALL, know({}, 'gone'), 'offers the tool ask no more'],
    ['a connection of somebody', CALL, know({ isOfPersons: true }), 'in their own name'],
    ['one that is off', CALL, know({ standing: 'off' }), 'switched off'],
  ])('is told: %s', (_, config, offered, message) => {
    const document = draft({ ...config, arguments: { question: 'Why?' } });
    const [problem, ...others] = findProblems(document, offered);
    expect(others).toEqual([]);
    expect(problem).toMatchObject({
      severity: 'warning',
      item: 'stage:ask',
      field: 'config',
      within: ['tool'],
    });
    expect(problem?.message).toContain(message);
  });

  test('is not told while nothing is known, nor of a server that does not answer just now', () => {
    const args = { ...CALL, arguments: { question: 'Why?' } };
    expect(messages(args)).toEqual([]);
    expect(messages({ connection: 'other', tool: 'ask' }, { ...know(), mcp: null })).toEqual([]);
    expect(messages(args, know({ tools: null }))).toEqual([]);
  });

  test('is not asked about where agents of others call their work the same', () => {
    const { capabilities, mcp } = know();
    const theirs = { ...(capabilities?.get('mcp-tool') as Capability), configSchema: null };
    const offered = { capabilities: new Map([...(capabilities ?? []), ['mcp-tool', theirs]]), mcp };
    expect(messages({ connection: 'other', tool: 'ask' }, offered)).toEqual([]);
  });
});

describe('arguments', () => {
  test.each<[JsonObject, readonly (readonly string[])[]]>([
    [{}, [['arguments', 'question']]],
    [{ question: 'Hm' }, [['arguments', 'question']]],
    [{ question: 'Why?', depth: 9 }, [['arguments', 'depth']]],
    [{ question: 'Why?', where: {} }, [['arguments', 'where']]],
    [{ question: 'Why?', odd: 1 }, [['arguments', 'odd']]],
    [{ question: { $input: 'q' }, depth: { $input: 'q' }, where: { city: { $input: 'q' } } }, []],
    [{ question: { $input: 'gone' } }, [['arguments', 'question']]],
    [{ question: { $input: 'q' }, odd: { $input: 'q' } }, [['arguments', 'odd']]],
  ])('%j are held to the schema, but where they are expressions', (args, places) => {
    const document = draft({ ...CALL, arguments: args }, { input: { q: 'input.q' } });
    const problems = findProblems(document, know());
    expect(problems.map(({ within }) => within.slice(0, 2))).toEqual(places);
    expect(problems.every(({ severity }) => severity === 'warning')).toBe(true);
  });

  test('that are passed as they come are the server’s to judge', () => {
    expect(messages(CALL)).toEqual([]);
  });
});

describe('what a tool gives', () => {
  const args = { ...CALL, arguments: { question: 'Why?' } };

  test('is offered to expressions', () => {
    const document = withKnownOutputs(draft(args), know());
    const texts = suggest(document, { stage: 'next', seesItself: false }, new Map()).map(({ text }) => text);
    expect(texts).toEqual(
      expect.arrayContaining(['stages.ask.output.text', 'stages.ask.output.structured.answer']),
    );
  });

  test('is held against what reads it, as a warning', () => {
    const wrong = ['stages.ask.output.structured.pages + "!"', 'stages.ask.output.text - 1'];
    for (const after of wrong) {
      const [problem] = findProblems(draft(args, { after }), know());
      expect(problem).toMatchObject({ severity: 'warning', item: 'stage:next', field: 'input' });
    }
    expect(messages(args, know(), { after: 'stages.ask.output.structured.answer + "!"' })).toEqual([]);
    expect(messages(args, { ...know(), mcp: null }, { after: wrong[0] as string })).toEqual([]);
  });
});

test('what is asked about is named once, whatever else changes', () => {
  expect(wantedSources(draft(CALL))).toBe('connection wiki');
  expect(wantedSources(draft({ server: 'research', tool: 'x' }))).toBe('server research');
  expect(wantedSources(draft({}))).toBe('');
  const none = readDocument({ stages: [{ key: 'a', type: 'echo' }] });
  expect(none.ok && wantedSources(none.document)).toBeNull();
});
