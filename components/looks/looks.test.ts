import { describe, expect, test } from 'vitest';
import { AGENT_CONDITIONS } from '../../server/domain/agent-condition.ts';
import { CALL_OUTCOMES, TOOL_STATES } from '../../server/domain/mcp.ts';
import { DELIVERY_STATES } from '../../server/domain/notifications.ts';
import { RUN_STATUSES, TASK_STATUSES } from '../../server/domain/statuses.ts';
import type { Look } from '../ui/status.tsx';
import {
  CONNECTION_STATES,
  lookOfAgent,
  lookOfAttempt,
  lookOfCall,
  lookOfConnection,
  lookOfDelivery,
  lookOfQueue,
  lookOfRun,
  lookOfTask,
  lookOfTool,
  QUEUE_STATES,
} from './index.ts';

const GROUPS: [string, Look[]][] = [
  ['runs', RUN_STATUSES.map(lookOfRun)],
  ['tasks', TASK_STATUSES.map(lookOfTask)],
  ['attempts', ['running', 'succeeded', 'failed', 'cancelled', 'lost', 'released'].map(lookOfAttempt)],
  ['agents', AGENT_CONDITIONS.map(lookOfAgent)],
  ['queues', QUEUE_STATES.map(lookOfQueue)],
  ['deliveries', DELIVERY_STATES.map(lookOfDelivery)],
  ['MCP servers', CONNECTION_STATES.map(lookOfConnection)],
  ['MCP tools', TOOL_STATES.map(lookOfTool)],
  ['MCP calls', CALL_OUTCOMES.map(lookOfCall)],
];

/** Those that are drawn as bars without a word beside them: whoever sees no hues goes by the pattern alone. */
const DRAWN = ['runs', 'tasks', 'attempts', 'agents', 'queues'];
test.each(GROUPS.filter(([kind]) => DRAWN.includes(kind)))(
  'the states of %s have a pattern each',
  (_, looks) => {
    expect(new Set(looks.map(({ pattern }) => pattern)).size).toBe(looks.length);
  },
);

describe.each(GROUPS)('the states of %s', (_, looks) => {
  test('have a word each', () => {
    expect(new Set(looks.map(({ label }) => label)).size).toBe(looks.length);
  });

  test('have an icon each', () => {
    expect(new Set(looks.map(({ icon }) => icon)).size).toBe(looks.length);
  });

  test('can be told apart as bars: by tone or by pattern, failures by both', () => {
    expect(new Set(looks.map(({ tone, pattern }) => `${tone} ${pattern}`)).size).toBe(looks.length);
    const bad = looks.filter(({ tone }) => tone === 'bad');
    expect(bad).toHaveLength(1);
    expect(looks.filter(({ pattern }) => pattern === bad[0]?.pattern)).toHaveLength(1);
  });
});
