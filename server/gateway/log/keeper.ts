import type { Sql } from '#db/client.ts';
import { forgetApprovals, forgetCalls, forgetQuestions, forgetUsage } from '#db/queries/mcp-expire.ts';

/** How long what the gateway has noted is kept. */
export interface GatewayKeepDays {
  calls: number;
  approvals: number;
  usage: number;
}

export interface Keeper {
  start(): void;
  stop(): Promise<void>;
  /** Deletes what is too old, and says how much that was. */
  run(): Promise<Record<Forgotten, number>>;
}

export interface KeeperOptions {
  sql: Sql;
  keepDays: GatewayKeepDays;
  onTrouble(message: string, error: unknown): void;
  /** Rows deleted in one statement. */
  batch?: number;
}

const FORGET = {
  calls: { forget: forgetCalls, days: 'calls' },
  approvals: { forget: forgetApprovals, days: 'approvals' },
  /** What people were asked, by a rule or by a server. */
  questions: { forget: forgetQuestions, days: 'approvals' },
  usage: { forget: forgetUsage, days: 'usage' },
} as const;
type Forgotten = keyof typeof FORGET;
const HOUR_MS = 3_600_000;

/** At the start and then every hour. Two processes at it do no harm: each deletes what is there. */
export function createKeeper({ sql, keepDays, onTrouble, batch = 5000 }: KeeperOptions): Keeper {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  async function forgetAll(what: Forgotten): Promise<number> {
    const { forget, days } = FORGET[what];
    let total = 0;
    while (!isStopped) {
      const count = await forget(sql, { keepDays: keepDays[days], limit: batch });
      total += count;
      if (count < batch) break;
    }
    return total;
  }

  async function run() {
    const calls = await forgetAll('calls');
    const approvals = await forgetAll('approvals');
    const questions = await forgetAll('questions');
    return { calls, approvals, questions, usage: await forgetAll('usage') };
  }

  function work(): void {
    running = run().catch((error) =>
      onTrouble('Old entries of the MCP gateway could not be deleted.', error),
    );
  }

  return {
    run,
    start() {
      work();
      timer = setInterval(work, HOUR_MS);
      timer.unref();
    },
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await running;
    },
  };
}
