import { hostname } from 'node:os';
import { z } from 'zod';
import { CONDITIONS, type Condition, type ConditionName } from '#server/platform/conditions.ts';
import { PRESENCE } from '#server/redis/keys.ts';
import type { HotState } from '#server/redis/port.ts';
import type { ProcessConditions } from '#server/services/context.ts';

const BEAT_MS = 5000;
/** Whoever has said nothing for so long has ended. */
const KEPT_MS = 15_000;

const conditionSchema = z.object({
  name: z.enum(Object.keys(CONDITIONS) as [ConditionName, ...ConditionName[]]),
  isTriggered: z.boolean(),
  value: z.number().nullable(),
  limit: z.number(),
  unit: z.enum(['percent', 'ms']),
  samples: z.int(),
});
const saidSchema = z.object({ name: z.string(), conditions: z.array(z.unknown()) });

export interface SharedConditions {
  /** This process first, then the others by their names. While hot state is away it is alone. */
  all(): Promise<ProcessConditions[]>;
  stop(): Promise<void>;
}

interface ShareOptions {
  hot: Pick<HotState, 'beat' | 'leave' | 'listPresent'>;
  /** Of this process. */
  id: string;
  roles: ReadonlySet<string>;
  read(): Condition[];
}

/** Each process says how it does, so that whoever asks one is told of all. It is a hint, some seconds old. */
export function shareConditions({ hot, id, roles, read }: ShareOptions): SharedConditions {
  const name = `${hostname()}, process ${process.pid} (${[...roles].join(', ')})`;

  function beat(): void {
    const data = JSON.stringify({ name, conditions: read() });
    hot.beat(PRESENCE.processes, { id, data, ttlMs: KEPT_MS }).catch(() => undefined);
  }

  const timer = setInterval(beat, BEAT_MS);
  timer.unref();
  beat();

  return {
    async all() {
      const present = await hot.listPresent(PRESENCE.processes).catch(() => []);
      const others = present.flatMap((each) => (each.id === id ? [] : toProcess(each.data)));
      return [
        { name, isThis: true, conditions: read() },
        ...others.sort((a, b) => (a.name < b.name ? -1 : 1)),
      ];
    },
    async stop() {
      clearInterval(timer);
      await hot.leave(PRESENCE.processes, id).catch(() => undefined);
    },
  };
}

/** A process of another version may know others than we do: those are left out. */
function toProcess(data: string): ProcessConditions[] {
  const said = saidSchema.safeParse(parseOrNull(data));
  if (!said.success) return [];
  const conditions = said.data.conditions.flatMap((each) => {
    const known = conditionSchema.safeParse(each);
    return known.success ? [known.data] : [];
  });
  return [{ name: said.data.name, isThis: false, conditions }];
}

function parseOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
