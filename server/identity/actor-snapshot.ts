import type { JsonObject } from '#server/domain/json.ts';
import type { Actor, Rights } from './actor.ts';

/** An actor as JSON, for work that goes on after the request: `Identity.presently` says what the asker may by then. */
export function toSnapshot(actor: Actor): JsonObject {
  const { grants, ceiling, ...rest } = actor;
  const plain = {
    ...rest,
    grants: [...grants],
    ceiling: ceiling && { ...ceiling, grants: [...ceiling.grants] },
  };
  return JSON.parse(JSON.stringify(plain)) as JsonObject;
}

/** Only of what `toSnapshot` made and our own database kept. */
export function fromSnapshot(snapshot: JsonObject): Actor {
  const { grants, ceiling, ...rest } = snapshot as unknown as Omit<Actor, 'grants' | 'ceiling'> & {
    grants: [];
    ceiling: (Omit<Rights, 'grants'> & { grants: [] }) | null;
  };
  return {
    ...rest,
    grants: new Set(grants),
    ceiling: ceiling && { ...ceiling, grants: new Set(ceiling.grants) },
  };
}
