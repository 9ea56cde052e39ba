/**
 * What the same servers cost without any engine: each durable step pays it at least once. Results of different machines
 * and moments can be compared as multiples of it.
 */
import { connectDatabase } from '#db/client.ts';
import { percentile } from './statistics.ts';
import type { ServiceNeed } from './subject.ts';

export interface RawCost {
  kind: ServiceNeed['kind'];
  p50Ms: number;
}

export const RAW_TITLES: Record<ServiceNeed['kind'], string> = {
  postgres: 'one-row commit p50',
  rabbitmq: 'publish to delivery p50',
  redis: 'one-entry write p50',
};

interface Server {
  kind: ServiceNeed['kind'];
  url: string;
}

const SAMPLES = 200;
const WARM_UP = 50;
const TEXT = 'x'.repeat(200);

const MEASURE: Record<ServiceNeed['kind'], (url: string) => Promise<number[]>> = {
  postgres: timeCommits,
  rabbitmq: timeDeliveries,
  redis: timeWrites,
};

export async function measureRawCosts(servers: readonly Server[]): Promise<RawCost[]> {
  const costs: RawCost[] = [];
  for (const { kind, url } of servers) {
    const samples = await MEASURE[kind](url);
    costs.push({ kind, p50Ms: percentile(samples.slice(WARM_UP), 0.5) });
  }
  return costs;
}

async function timeEach(act: () => Promise<unknown>): Promise<number[]> {
  const samples: number[] = [];
  for (let sample = 0; sample < WARM_UP + SAMPLES; sample++) {
    const startedAt = performance.now();
    await act();
    samples.push(performance.now() - startedAt);
  }
  return samples;
}

/** On the same server, in a database of its own: the subject's is left as it is. */
async function timeCommits(url: string): Promise<number[]> {
  const admin = new URL(url);
  admin.pathname = '/postgres';
  const sql = connectDatabase({ url: admin.href, applicationName: 'bench', max: 1 });
  try {
    await sql`CREATE TABLE raw_cost (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, text text NOT NULL)`;
    const samples = await timeEach(() => sql`INSERT INTO raw_cost (text) VALUES (${TEXT})`);
    await sql`DROP TABLE raw_cost`;
    return samples;
  } finally {
    await sql.end();
  }
}

/** Persistent, on an idle durable queue. */
async function timeDeliveries(url: string): Promise<number[]> {
  const { connect } = await import('amqplib');
  const connection = await connect(url, { noDelay: true });
  try {
    const channel = await connection.createConfirmChannel();
    const { queue } = await channel.assertQueue('raw-cost', { durable: true });
    let delivered: () => void = () => {};
    await channel.consume(queue, (message) => {
      if (message) channel.ack(message);
      delivered();
    });
    const body = Buffer.from(TEXT);
    const samples = await timeEach(() => {
      const arrival = new Promise<void>((resolve) => {
        delivered = resolve;
      });
      channel.sendToQueue(queue, body, { persistent: true });
      return arrival;
    });
    await channel.waitForConfirms();
    await channel.deleteQueue(queue);
    return samples;
  } finally {
    await connection.close();
  }
}

async function timeWrites(url: string): Promise<number[]> {
  const { default: Redis } = await import('ioredis');
  const redis = new Redis(url);
  try {
    const samples = await timeEach(() => redis.xadd('raw-cost', '*', 'text', TEXT));
    await redis.del('raw-cost');
    return samples;
  } finally {
    redis.disconnect();
  }
}
