/** Clients of the API in a process of their own: one call at a time, or many at once for a while. */
import { Pool } from 'undici';
import type { Asked, ClientOrder, Load } from './api-messages.ts';

const { origin, key } = JSON.parse(process.argv[2] ?? '{}');
const pool = new Pool(origin, { connections: 512 });
const headers = { authorization: `Bearer ${key}`, 'accept-encoding': 'gzip' };

/** With as little of its own as can be: clients and server share the cores. */
function send({ path, body }: Asked): Promise<number> {
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    let status = 0;
    pool.dispatch(
      {
        path,
        ...(text === undefined
          ? { method: 'GET', headers }
          : { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: text }),
      },
      {
        onRequestStart: () => undefined,
        onResponseStart(_, statusCode) {
          status = statusCode;
        },
        onResponseData: () => undefined,
        onResponseEnd: () => resolve(status),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

async function timeOne(asked: Asked): Promise<number> {
  const startedAt = performance.now();
  const status = await send(asked);
  if (status >= 300) throw new Error(`${asked.path} was answered with ${status}.`);
  return performance.now() - startedAt;
}

/** All kinds by turns, so that each sees the same machine. */
async function timeAll(asked: readonly Asked[], each: number): Promise<number[][]> {
  const times: number[][] = asked.map(() => []);
  for (let round = 0; round < each; round += 1)
    for (const [at, one] of asked.entries()) times[at]?.push(await timeOne(one));
  return times;
}

async function load(mix: readonly Asked[], forMs: number, connections: number): Promise<Load> {
  const until = performance.now() + forMs;
  const startedAt = performance.now();
  const done: Load = { perSecond: 0, requests: 0, errors: 0, times: mix.map(() => []) };
  let next = 0;
  const work = async () => {
    while (performance.now() < until) {
      const at = next++ % mix.length;
      try {
        done.times[at]?.push(await timeOne(mix[at] as Asked));
      } catch {
        done.errors += 1;
      }
      done.requests += 1;
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  done.perSecond = done.requests / ((performance.now() - startedAt) / 1000);
  return done;
}

process.on('disconnect', () => process.exit());
process.on('message', async (order: ClientOrder) => {
  const answer =
    order.type === 'time'
      ? await timeAll(order.asked, order.each)
      : await load(order.asked, order.forMs, order.connections);
  process.send?.(answer);
});
process.send?.('ready');
