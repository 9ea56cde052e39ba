// @ts-check
import { createInterface } from 'node:readline';
import { requireServer } from '../connect.mjs';
import { createBridge } from '../mcp/bridge.mjs';

/** @import { Command } from '../usage.mjs' */

/** @type {Command} */
export const mcp = {
  about: 'speak MCP on standard input and output, for clients that start their servers themselves',
  async run({ options }) {
    const { url, token } = requireServer(options);
    const bridge = createBridge({
      url,
      token,
      // Nothing else may be written there.
      write: (line) => process.stdout.write(line),
      complain: (line) => process.stderr.write(`${line}\n`),
    });
    const lines = createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY });
    lines.on('line', (line) => {
      if (line.trim() !== '') void bridge.take(line);
    });
    await new Promise((resolve) => lines.once('close', resolve));
    await bridge.end();
  },
};
