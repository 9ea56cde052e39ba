import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { ERROR_CLASSES } from '#server/domain/graph/schema.ts';
import { createComparison, type Shape } from '#server/testing/schema-misfits.ts';
import { findPython } from '../../../scripts/lib/python.mjs';
import { openApiDocument } from '../openapi/document.ts';

interface Described {
  operationId: string;
  responses: Record<string, { content?: Record<string, { schema?: Shape }> }>;
}

const { paths, components } = JSON.parse(JSON.stringify(openApiDocument())) as {
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, Shape> };
};
const { schemas } = components;
const misfits = createComparison(schemas);
const operations = new Map(
  Object.values(paths).flatMap((methods) => Object.values(methods).map((one) => [one.operationId, one])),
);

/** By the SDK's method: which operation answers it, and which part of that it hands on. */
const ANSWERED: Readonly<Record<string, string>> = {
  'pipelines.list': 'pipelines.list',
  'pipelines.all': 'pipelines.list pipelines',
  'pipelines.create': 'pipelines.create',
  'pipelines.import_text': 'pipelines.import',
  'pipelines.validate': 'pipelines.validate',
  'pipelines.validate_text': 'pipelines.validate',
  'pipelines.get': 'pipelines.get',
  'pipelines.update_draft': 'pipelines.saveDraft',
  'pipelines.publish': 'pipelines.publish',
  'pipelines.versions': 'pipelines.versions versions',
  'runs.list': 'runs.list',
  'runs.all': 'runs.list runs',
  'runs.start': 'pipelines.execute',
  'runs.get': 'runs.get',
  'runs.cancel': 'runs.cancel',
  'runs.pause': 'runs.pause',
  'runs.resume': 'runs.resume',
  'runs.kill': 'runs.kill',
  'runs.replay': 'runs.replay',
  'runs.reveal': 'runs.reveal',
  'runs.events': 'runs.events',
  'runs.logs': 'runs.logs logs',
  'runs.wait': 'runs.get',
  'tasks.submit': 'tasks.submit',
  'tasks.get': 'tasks.get',
  'tasks.wait': 'tasks.get',
  'tasks.run': 'tasks.get',
  'tasks.logs': 'tasks.logs logs',
  'tasks.retry': 'tasks.retry',
  'agents.list': 'agents.list agents',
  'agents.get': 'agents.get',
  'agents.order': 'agents.order',
  'queues.list': 'queues.list queues',
  'queues.dead_letters': 'deadLetters.list dead_letters',
};

/** What is no JSON or nothing; and the stream, whose lines no operation describes: the Python tests read some. */
const OTHERS = [
  ...['pipelines.export', 'runs.object', 'runs.follow'],
  ...['queues.replay_dead_letter', 'queues.discard_dead_letter'],
];

function answerOf(where: string): Shape {
  const [id = '', field] = where.split(' ');
  const responses: Described['responses'] = operations.get(id)?.responses ?? {};
  const [done] = Object.entries(responses).flatMap(([status, answer]) =>
    status.startsWith('2') ? [answer.content?.['application/json']?.schema] : [],
  );
  if (!done) throw new Error(`${id} answers with no JSON`);
  if (field === undefined) return done;
  const whole = done.$ref ? schemas[done.$ref.replace('#/components/schemas/', '')] : done;
  return whole?.properties?.[field] ?? {};
}

const python: string | undefined = findPython();
const read = (): Record<string, Shape> =>
  JSON.parse(execFileSync(python ?? '', ['sdk/python/tests/claims.py'], { encoding: 'utf8' }));

// Without Python nothing of its SDK can be read; `npm test` says so by name.
describe.skipIf(python === undefined)('what the Python SDK says of answers', () => {
  const claims = python === undefined ? {} : read();

  test('knows the classes of a failure that the server knows', () => {
    const words =
      'import json; from signalbox._errors import ERROR_CLASSES; print(json.dumps(ERROR_CLASSES))';
    const known = execFileSync(python ?? '', ['-c', words], { cwd: 'sdk/python', encoding: 'utf8' });
    expect(JSON.parse(known)).toEqual(ERROR_CLASSES);
  });

  test('has a row for every method', () => {
    expect(Object.keys(claims).sort()).toEqual([...Object.keys(ANSWERED), ...OTHERS].sort());
  });

  test.each(Object.entries(ANSWERED))('%s is as %s answers', (method, where) => {
    expect(misfits(claims[method] ?? {}, answerOf(where))).toEqual([]);
  });
});

describe('the comparison', () => {
  const answer: Shape = {
    type: 'object',
    properties: {
      id: { type: 'string' },
      at: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      list: { type: 'array', items: { $ref: '#/components/schemas/Item' } },
      kind: { enum: ['a', 'b'] },
      more: { type: 'integer' },
      any: {},
    },
    required: ['id', 'at', 'list', 'kind', 'any'],
  };
  const known = { Item: { type: 'object', properties: { size: { type: 'integer' } }, required: ['size'] } };
  const of = (properties: Record<string, Shape>): Shape => ({
    ...{ type: 'object', properties, required: Object.keys(properties) },
  });

  test.each<[string, Record<string, Shape>, string[]]>([
    ['what fits', { id: { type: 'string' }, any: {}, kind: { type: 'string' } }, []],
    ['a field that was renamed', { ident: { type: 'string' } }, ['answer.ident is not there']],
    ['a null that nobody expects', { at: { type: 'string' } }, ['answer.at is null, and not string']],
    ['a null that is expected', { at: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, []],
    ['one that may be missing', { more: { type: 'integer' } }, ['answer.more may be missing']],
    ['another kind', { id: { type: 'integer' } }, ['answer.id is string, and not integer']],
    [
      'anything, taken for something',
      { any: { type: 'object' } },
      ['answer.any is anything, and not object'],
    ],
    [
      'the same within a list',
      { list: { type: 'array', items: of({ length: { type: 'integer' } }) } },
      ['answer.list[].length is not there'],
    ],
    ['a whole number for a number', { list: { type: 'array', items: of({ size: { type: 'number' } }) } }, []],
  ])('sees %s', (_, properties, found) => {
    expect(createComparison(known)(of(properties), answer)).toEqual(found);
  });
});
