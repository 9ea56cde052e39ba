import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createLruMap } from '#server/domain/graph/lru-map.ts';
import type { Json } from '#server/domain/json.ts';
import type { Actor } from '#server/identity/actor.ts';
import type { RateClass } from '#server/identity/limits/rates.ts';
import type { Services } from '#server/services/context.ts';
import type { SessionKeeper } from './session-cookie.ts';

export interface Call {
  services: Services;
  actor: Actor;
  browser: SessionKeeper;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  request: IncomingMessage;
  /** An empty object when the route reads the body itself. */
  body: Json;
  /** The caller has gone; nobody will read the answer. */
  signal: AbortSignal;
  /** For doors that put our errors into answers of their own: writes one to the log. */
  onTrouble(error: unknown): void;
}

/** A body to be written as JSON, a text, or a stream that the handler writes itself. */
export type Answer =
  | { status: number; body: unknown; headers?: Record<string, string> }
  | { status: number; text: string | Uint8Array; contentType: string; headers?: Record<string, string> }
  | { stream(response: ServerResponse): Promise<void> };

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface Route {
  method: Method;
  /** `{name}` stands for one segment. */
  path: string;
  /** Also for those who have not signed in: the actor is then nobody. */
  isOpen?: true;
  /** It reads the body itself. */
  readsBody?: boolean;
  /** As which it is counted; left out, GET reads and all else writes. */
  rate?: RateClass;
  /** Its answer holds a secret. */
  isSecret?: boolean;
  /** Its answer has an ETag of what it holds. */
  isTagged?: boolean;
  /** Its answer is JSON that is there as a whole: nothing goes on that would have to be ended. */
  isWhole?: boolean;
  handle(call: Call): Promise<Answer>;
}

export type Match =
  | { kind: 'found'; route: Route; params: Readonly<Record<string, string>> }
  | { kind: 'wrong-method'; allowed: string[] }
  | { kind: 'missing' };

interface Node {
  words: Map<string, Node>;
  parameter: Node | undefined;
  routes: Map<string, { route: Route; names: string[] }>;
}

const newNode = (): Node => ({ words: new Map(), parameter: undefined, routes: new Map() });

/** Programs ask the same again and again, and each request is looked for twice: to be counted and to be served. */
const PATHS_REMEMBERED = 1000;
const MAX_REMEMBERED = 256;

/** A tree of path segments. A literal wins over a parameter; no pattern is ever tried against a whole path. */
export function createRouter(routes: readonly Route[]): (method: string, path: string) => Match {
  const root = newNode();
  for (const route of routes) add(root, route);
  const known = createLruMap<string, Match>(PATHS_REMEMBERED);

  function find(method: string, path: string): Match {
    const values: string[] = [];
    const node = walk(
      root,
      path.split('/').filter((part) => part !== ''),
      values,
    );
    if (!node || node.routes.size === 0) return { kind: 'missing' };
    const found = node.routes.get(method);
    if (!found) return { kind: 'wrong-method', allowed: [...node.routes.keys()] };
    const params = Object.fromEntries(found.names.map((name, at) => [name, values[at] ?? '']));
    return { kind: 'found', route: found.route, params };
  }

  return (method, path) => {
    const asked = `${method} ${path}`;
    const before = known.get(asked);
    if (before) return before;
    const match = find(method, path);
    if (match.kind === 'found' && asked.length <= MAX_REMEMBERED) known.set(asked, match);
    return match;
  };
}

function add(root: Node, route: Route): void {
  const names: string[] = [];
  let node = root;
  for (const part of route.path.split('/').filter((word) => word !== '')) {
    const [, name] = /^\{(\w+)\}$/.exec(part) ?? [];
    const known = name === undefined ? node.words.get(part) : node.parameter;
    const next = known ?? newNode();
    if (name === undefined) node.words.set(part, next);
    else {
      node.parameter = next;
      names.push(name);
    }
    node = next;
  }
  if (node.routes.has(route.method)) throw new Error(`two routes for ${route.method} ${route.path}`);
  node.routes.set(route.method, { route, names });
}

function walk(node: Node, [part, ...rest]: string[], values: string[]): Node | undefined {
  if (part === undefined) return node;
  const word = node.words.get(part);
  if (word) return walk(word, rest, values);
  if (!node.parameter) return undefined;
  values.push(decodeSegment(part));
  return walk(node.parameter, rest, values);
}

function decodeSegment(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
