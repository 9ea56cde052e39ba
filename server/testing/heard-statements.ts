import type { Sql } from '#db/client.ts';
import type { DoorDatabase } from '#db/tenant.ts';

/** A statement that was sent to the database, with the one by which its transaction entered the tenant; null: by none. */
export interface HeardStatement {
  text: string;
  values: readonly unknown[];
  enter: string | null;
  /** Whether its plan is kept for all values. */
  isKept: boolean;
}

export interface HeardDatabase {
  db: DoorDatabase;
  /** What was asked since it was last taken. */
  take(): HeardStatement[];
}

/** The doors' database, and what goes to it. */
export function hearStatements(db: DoorDatabase): HeardDatabase {
  let heard: HeardStatement[] = [];
  const listening = (sql: Sql, isKept: boolean): Sql => {
    let enter: string | null = null;
    return new Proxy(sql, {
      get(target, key) {
        if (key === 'begin')
          return (work: (client: Sql) => Promise<unknown>) =>
            target.begin((client) => work(listening(client as unknown as Sql, isKept)));
        if (key !== 'unsafe') return Reflect.get(target, key);
        return (text: string, values: unknown[] = [], ...more: unknown[]) => {
          if (/set_config\('role'/.test(text)) enter = text;
          else heard.push({ text, values, enter, isKept });
          return (target.unsafe as (...given: unknown[]) => unknown)(text, values, ...more);
        };
      },
    });
  };
  return {
    db: { ...db, pool: listening(db.pool, false), finder: listening(db.finder, true) },
    take() {
      const taken = heard;
      heard = [];
      return taken;
    },
  };
}
