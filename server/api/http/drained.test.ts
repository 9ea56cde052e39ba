import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { drained } from './drained.ts';

/** A response as far as waiting for it goes. */
class Full extends EventEmitter {
  closed = false;
  destroyed = false;
  destroy(): void {
    this.destroyed = true;
    this.closed = true;
    this.emit('close');
  }
}
const full = () => new Full() as unknown as ServerResponse;
const listeners = (response: ServerResponse) =>
  ['drain', 'close', 'error'].reduce((sum, name) => sum + response.listenerCount(name), 0);

test('goes on once there is room, and leaves nothing behind', async () => {
  const response = full();
  const waits = drained(response);
  response.emit('drain');
  await waits;
  expect(response.destroyed).toBe(false);
  expect(listeners(response)).toBe(0);
});

test('goes on when the line breaks, or is closed already', async () => {
  const response = full();
  const waits = drained(response);
  response.emit('error', new Error('broken'));
  await waits;
  expect(listeners(response)).toBe(0);
  response.destroy();
  await drained(response);
});

test('closes a line on which nothing is taken', async () => {
  const response = full();
  await drained(response, 1);
  expect(response.closed).toBe(true);
});
