import fc from 'fast-check';
import { expect, test } from 'vitest';
import { capabilitySchema } from '#server/domain/graph/schema.ts';
import { DEFAULT_ORG_ID, makeId } from '#server/domain/ids.ts';
import { DEAD_LETTER_QUEUE, queuesOfTenant, RESPONSE_QUEUE, tenantOfQueue } from './topology.ts';

const AGENT = makeId('agent', '0'.repeat(32));
const OTHER = makeId('org', 'a'.repeat(32));
/** Those that clash if anything does: built of the parts that names of queues are made of. */
const awkward = fc
  .array(
    fc.constantFrom(
      ...['pull', 'agent', 'amq', 'task', 'capability', 'mcp', 'responses', 'dead-letters', AGENT],
      ...['intent', 'intent-analysis', 'execution', 'executor', 'moderation', 'moderator', 'web-search'],
      ...['websearch', 'embedding', 'x'],
    ),
    { minLength: 1, maxLength: 4 },
  )
  .map((parts) => parts.join('.'))
  .filter((name) => capabilitySchema.safeParse(name).success);
const capability = fc.oneof(awkward, fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/));

test('no two capabilities share a queue, nor one with an agent or with what all share', () => {
  fc.assert(
    fc.property(fc.uniqueArray(capability, { minLength: 2, maxLength: 12 }), (names) => {
      const queues = [DEFAULT_ORG_ID, OTHER].flatMap((org) => {
        const of = queuesOfTenant(org);
        const own = [of.agent(AGENT), of.ownPull(AGENT)];
        const all = [...names.map(of.capability), ...names.map(of.pull), ...own];
        for (const queue of all) expect(tenantOfQueue(queue)).toBe(org);
        return all;
      });
      expect(new Set([...queues, RESPONSE_QUEUE, DEAD_LETTER_QUEUE]).size).toBe(queues.length + 2);
      // RabbitMQ keeps these names for itself, and longer ones it does not take.
      for (const queue of queues) expect(queue).toMatch(/^(?!amq\.).{1,200}$/);
    }),
    { numRuns: 400 },
  );
});

test('authors of agents find the names that they were promised', () => {
  const { capability } = queuesOfTenant(DEFAULT_ORG_ID);
  expect(
    ['intent-analysis', 'embedding', 'execution', 'moderation', 'web-search', 'resize'].map(capability),
  ).toEqual([
    ...['intent.task', 'embedding.task', 'executor.task', 'moderator.task', 'websearch.task', 'resize.task'],
  ]);
  expect(capability('moderator')).toBe('capability.@moderator.task');
});
