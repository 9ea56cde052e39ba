import type { Sql } from '#db/client.ts';
import { fromUuid, type OrgId } from '#server/domain/ids.ts';

export interface OpenOrgsOptions {
  sql: Sql;
  /** How soon an organisation that is made or closed while this process runs is noticed. */
  everyMs: number;
  /** Rejects: it is tried again at the next look. */
  onOpened(orgId: OrgId): Promise<void>;
  onClosed(orgId: OrgId): Promise<void>;
  onTrouble(message: string, error: unknown): void;
}

/** Those that whoever serves every organisation of the installation must serve just now. */
export interface OpenOrgs {
  /** Resolves when all that are there have been opened; rejects when one of them could not be. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createOpenOrgs({ sql, everyMs, onOpened, onClosed, onTrouble }: OpenOrgsOptions): OpenOrgs {
  const served = new Set<OrgId>();
  let timer: NodeJS.Timeout | undefined;
  let looking: Promise<void> = Promise.resolve();
  let isStopped = false;

  async function look(): Promise<void> {
    const rows = await sql<{ id: string }[]>`SELECT id FROM orgs WHERE closed_at IS NULL ORDER BY id`;
    const open = new Set(rows.map(({ id }) => fromUuid('org', id)));
    for (const orgId of open) {
      if (isStopped) return;
      if (served.has(orgId)) continue;
      await onOpened(orgId);
      served.add(orgId);
    }
    for (const orgId of served) {
      if (open.has(orgId)) continue;
      await onClosed(orgId);
      served.delete(orgId);
    }
  }

  function plan(): void {
    if (isStopped) return;
    timer = setTimeout(() => {
      looking = look()
        .catch((error) => onTrouble('The organisations could not be looked through.', error))
        .then(plan);
    }, everyMs);
    timer.unref();
  }

  return {
    async start() {
      await look();
      plan();
    },
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await looking;
    },
  };
}
