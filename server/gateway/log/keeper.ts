import type { Sql } from '#db/client.ts';
import { forgetApprovals, forgetCalls, forgetUsage } from '#db/queries/mcp-expire.ts';

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
  run(): Promise<Record<keyof GatewayKeepDays, number>>;
}

export interface KeeperOptions {
  sql: Sql;
  keepDays: GatewayKeepDays;
  onTrouble(message: string, error: unknown): void;
  /** Rows deleted in one statement. */
  batch?: number;
}

const FORGET = { calls: forgetCalls, approvals: forgetApprovals, usage: forgetUsage } as const;
const HOUR_MS = 3_600_000;

/** At the start and then every hour. Two processes at it do no harm: each deletes what is there. */
export function createKeeper({ sql, keepDays, onTrouble, batch = 5000 }: KeeperOptions): Keeper {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<unknown> = Promise.resolve();
  let isStopped = false;

  async function forgetAll(what: keyof GatewayKeepDays): Promise<number> {
    let total = 0;
    while (!isStopped) {
      const count = await FORGET[what](sql, { keepDays: keepDays[what], limit: batch });
      total += count;
      if (count < batch) break;
    }
    return total;
  }

  async function run() {
    const calls = await forgetAll('calls');
    const approvals = await forgetAll('approvals');
    return { calls, approvals, usage: await forgetAll('usage') };
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
