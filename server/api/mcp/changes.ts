import { SignalboxError } from '#server/domain/errors.ts';
import type { McpCall } from './call.ts';
import { noResource, translated } from './errors.ts';
import type { Surface } from './served.ts';
import type { ServerMaker } from './server.ts';

/** What a client may hear of, in both generations. */
export type Change = { kind: 'resource'; uri: string } | { kind: ListKind };

export type ListKind = 'tools' | 'prompts' | 'resources';

export interface Wish {
  uris: readonly string[];
  lists: readonly ListKind[];
}

const MAX_URIS = 100;
/** What changes all the time is told of this often. */
const PAUSE_MS = 500;

/**
 * Listens for a client. Resolves when all of it is heard; throws for what is not there, is not the caller's, or cannot
 * be listened to: a client that is told that it listens must not wait for what never comes.
 */
export async function watchChanges(
  call: McpCall,
  { uris, lists }: Wish,
  parts: {
    findResource: ServerMaker['findResource'];
    surface: Surface;
    tell(change: Change): void;
  },
): Promise<() => void> {
  if (uris.length > MAX_URIS) {
    throw new SignalboxError('LIMITED', `One stream listens to ${MAX_URIS} resources.`, {
      advice: 'Open another one for the others.',
    });
  }
  const ends: (() => void)[] = [];
  const tell = createPacer(parts.tell);
  const end = () => {
    for (const one of ends) one();
    tell.stop();
  };
  try {
    for (const uri of new Set(uris)) {
      ends.push(await watchOne(call, uri, { ...parts, changed: () => tell.say({ kind: 'resource', uri }) }));
    }
    for (const kind of lists) {
      for (const watch of listWatchers(parts.surface, kind)) {
        ends.push(await watch(call, () => tell.say({ kind })));
      }
    }
    return end;
  } catch (error) {
    end();
    throw error;
  }
}

function watchOne(
  call: McpCall,
  uri: string,
  {
    findResource,
    surface,
    changed,
  }: { findResource: ServerMaker['findResource']; surface: Surface; changed(): void },
): Promise<() => void> {
  return translated(call, { method: 'subscribe', uri }, async () => {
    const found = findResource(uri);
    if (!found && surface.upstream) return surface.upstream.resources.watch(call, uri, changed);
    if (!found) throw noResource(uri);
    const { watch } = found.resource;
    if (watch) return watch(call, found.at, changed);
    throw new SignalboxError('INVALID', `Nobody can subscribe to ${uri}.`, {
      advice: 'Read it when you need it.',
    });
  });
}

type WatchList = (call: McpCall, changed: () => void) => Promise<() => void>;

function listWatchers({ tools, upstream }: Surface, kind: ListKind): WatchList[] {
  switch (kind) {
    case 'tools':
      return tools.flatMap(({ watch }) => (watch ? [watch] : []));
    case 'prompts':
      return upstream ? [upstream.prompts.watch] : [];
    case 'resources':
      return upstream ? [upstream.resources.watchList] : [];
  }
}

/** Changes that come while one was just told are told once, afterwards. */
function createPacer(tell: (change: Change) => void) {
  const pausing = new Map<string, { timer: NodeJS.Timeout; again: boolean }>();

  function say(change: Change): void {
    const key = change.kind === 'resource' ? change.uri : change.kind;
    const pause = pausing.get(key);
    if (pause) {
      pause.again = true;
      return;
    }
    const timer = setTimeout(() => {
      const { again } = pausing.get(key) ?? { again: false };
      pausing.delete(key);
      if (again) say(change);
    }, PAUSE_MS);
    timer.unref();
    pausing.set(key, { timer, again: false });
    tell(change);
  }

  return {
    say,
    stop() {
      for (const { timer } of pausing.values()) clearTimeout(timer);
      pausing.clear();
    },
  };
}
