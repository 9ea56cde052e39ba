import { join } from 'node:path';
import { describeAgentConformance } from '#server/testing/agent-conformance.ts';
import { openSdkStage } from '#server/testing/sdk-agents/join.ts';

const bridge = join(import.meta.dirname, '../../testing/sdk-agents/bridge.mjs');

describeAgentConformance(
  'the TypeScript SDK, each in a process of its own',
  openSdkStage({ command: process.execPath, args: [bridge] }),
);
