import { drizzle } from 'drizzle-orm/postgres-js';
import { type OrgId, toUuid } from '#server/domain/ids.ts';
import { connectReader, type DatabaseOptions, type Sql } from './client.ts';
import type { Asked } from './ready-rows.ts';
import { createSharedReads } from './shared-reads.ts';

/** Whatever is asked together is answered together, in its order. */
export type Answers<Questions extends readonly Asked<unknown>[]> = {
  -readonly [At in keyof Questions]: Questions[At] extends Asked<infer Row> ? Row[] : never;
};

export interface Readers {
  /**
   * What one tenant may see. All of it goes out at once: nothing can come between the tenant's name and its questions.
   * The same questions, asked meanwhile, are answered together.
   */
  ask<const Questions extends readonly Asked<unknown>[]>(
    orgId: OrgId,
    questions: Questions,
  ): Promise<Answers<Questions>>;
  end(options: { timeout: number }): Promise<void>;
}

interface Line {
  sql: Sql;
  underWay: number;
}

const ENTER = `SELECT set_config('signalbox.org', $1, false)`;
const READY = { prepare: true };

/**
 * Connections for what is read by keys. Each is in the doors' role from its beginning and of no tenant, so by itself it
 * shows nothing. A request writes the name of its tenant and its questions to one of them in one piece and waits for all
 * answers, the first too: there is no transaction to begin and to end, and others need not wait until it has been
 * answered. Where the connection was cut between the two, the question is put as nobody, and Postgres refuses it.
 */
export function openReaders(options: DatabaseOptions): Readers {
  const lines = Array.from({ length: options.max }, (): Line => {
    // One connection each: what is written to it one after the other is answered so.
    const sql = connectReader({ ...options, max: 1 });
    drizzle(sql);
    return { sql, underWay: 0 };
  });

  async function write<const Questions extends readonly Asked<unknown>[]>(
    { sql }: Line,
    orgId: OrgId,
    questions: Questions,
  ): Promise<Answers<Questions>> {
    const entered = sql.unsafe(ENTER, [toUuid(orgId)], READY).execute();
    const sent = questions.map(({ text, values }) =>
      sql
        .unsafe(text, values as never[], READY)
        .values()
        .execute(),
    );
    const [, ...found] = await Promise.all([entered, ...sent]);
    return found.map((rows, at) =>
      rows.map((row) => questions[at]?.toRow(row as unknown[])),
    ) as Answers<Questions>;
  }

  async function askBestLine<const Questions extends readonly Asked<unknown>[]>(
    orgId: OrgId,
    questions: Questions,
  ): Promise<Answers<Questions>> {
    const line = lines.reduce((best, each) => (each.underWay < best.underWay ? each : best));
    line.underWay += 1;
    try {
      return await write(line, orgId, questions);
    } finally {
      line.underWay -= 1;
    }
  }

  const share = createSharedReads();
  return {
    ask: (orgId, questions) => share(keyOf(orgId, questions), () => askBestLine(orgId, questions)),
    async end(how) {
      await Promise.all(lines.map(({ sql }) => sql.end(how)));
    },
  };
}

const keyOf = (orgId: OrgId, questions: readonly Asked<unknown>[]): string =>
  [orgId, ...questions.map(({ text, values }) => `${text}\n${JSON.stringify(values)}`)].join('\n');
