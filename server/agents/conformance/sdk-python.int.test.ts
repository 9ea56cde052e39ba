import { join } from 'node:path';
import { test } from 'vitest';
import { describeAgentConformance } from '#server/testing/agent-conformance.ts';
import { openSdkStage } from '#server/testing/sdk-agents/join.ts';
import { findPython, PYTHON_SDK } from '../../../scripts/lib/python.mjs';

const python = findPython();
const bridge = join(import.meta.dirname, '../../testing/sdk-agents/bridge.py');

if (python) {
  describeAgentConformance(
    'the Python SDK, each in a process of its own',
    openSdkStage({ command: python, args: [bridge], env: { PYTHONPATH: PYTHON_SDK } }),
  );
} else {
  test.skip('agents by the Python SDK: there is no python3 (3.9 or newer) on this machine');
}
