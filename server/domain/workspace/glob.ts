import { type Named, toCleanName } from './path.ts';

/**
 * What a claim may name: a path, or one with `?` (one character), `*` (any within a folder) and `**` (any, folders too).
 * Matched by stepping through states, never by backtracking: a pattern from a stranger costs what its length says.
 */
export const MAX_GLOB_LENGTH = 256;
const MAX_WILDCARDS = 8;

export function toGlob(given: string): Named {
  const named = toCleanName(given);
  if (!named.ok) return named;
  if (named.path.length > MAX_GLOB_LENGTH && isGlob(named.path))
    return { ok: false, problem: `is a pattern of more than ${MAX_GLOB_LENGTH} characters` };
  if ((named.path.match(/\*+|\?/g) ?? []).length > MAX_WILDCARDS)
    return { ok: false, problem: `has more than ${MAX_WILDCARDS} wildcards` };
  return named;
}

export const isGlob = (pattern: string): boolean => /[*?]/.test(pattern);

type Token = { kind: 'one'; char: string } | { kind: 'any-one' | 'within' | 'across' | 'folders' };

/** `folders` is `**` followed by a slash: no folder, or any number of them. */
function tokensOf(pattern: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < pattern.length; ) {
    if (pattern.startsWith('**/', at) && (at === 0 || pattern[at - 1] === '/')) {
      tokens.push({ kind: 'folders' });
      at += 3;
    } else if (pattern.startsWith('**', at)) {
      tokens.push({ kind: 'across' });
      at += 2;
    } else {
      const char = String.fromCodePoint(pattern.codePointAt(at) ?? 0);
      if (char === '*') tokens.push({ kind: 'within' });
      else tokens.push(char === '?' ? { kind: 'any-one' } : { kind: 'one', char });
      at += char.length;
    }
  }
  return tokens;
}

const SPECIAL = /[\\^$.|?*+()[\]{}]/g;

/** The same pattern for Postgres, which checks it inside the statement that writes. */
export function toSqlPattern(pattern: string): string {
  const parts = tokensOf(pattern).map((token) => {
    if (token.kind === 'one') return token.char.replace(SPECIAL, '\\$&');
    return { 'any-one': '[^/]', within: '[^/]*', across: '.*', folders: '(?:.*/)?' }[token.kind];
  });
  return `^(?:${parts.join('')})$`;
}

/** Any character, any but the slash, or this one. */
type Step = { on: 'any' | 'within' | { char: string }; to: number };

interface Machine {
  steps: Step[][];
  /** States that are reached without a character. */
  free: number[][];
  end: number;
}

function machineOf(pattern: string): Machine {
  const steps: Step[][] = [[]];
  const free: number[][] = [[]];
  const add = (): number => {
    free.push([]);
    return steps.push([]) - 1;
  };
  let at = 0;
  for (const token of tokensOf(pattern)) {
    const next = add();
    if (token.kind === 'one') steps[at]?.push({ on: { char: token.char }, to: next });
    else if (token.kind === 'any-one') steps[at]?.push({ on: 'within', to: next });
    else if (token.kind === 'folders') {
      const inside = add();
      free[at]?.push(inside, next);
      steps[inside]?.push({ on: 'any', to: inside }, { on: { char: '/' }, to: next });
    } else {
      steps[at]?.push({ on: token.kind === 'within' ? 'within' : 'any', to: at });
      free[at]?.push(next);
    }
    at = next;
  }
  return { steps, free, end: at };
}

/** With all that is reached without a character. */
function spread({ free }: Machine, states: Iterable<number>): Set<number> {
  const reached = new Set(states);
  for (const state of reached) for (const next of free[state] ?? []) reached.add(next);
  return reached;
}

function takes(step: Step, char: string): boolean {
  if (step.on === 'any') return true;
  return step.on === 'within' ? char !== '/' : step.on.char === char;
}

export function matchesGlob(pattern: string, path: string): boolean {
  const machine = machineOf(pattern);
  let states = spread(machine, [0]);
  for (const char of path) {
    const moved = [...states].flatMap((state) =>
      (machine.steps[state] ?? []).filter((step) => takes(step, char)).map(({ to }) => to),
    );
    if (moved.length === 0) return false;
    states = spread(machine, moved);
  }
  return states.has(machine.end);
}

/** Whether there is a character that both take. */
function meet(a: Step, b: Step): boolean {
  if (typeof a.on === 'object') return takes(b, a.on.char);
  return typeof b.on === 'object' ? takes(a, b.on.char) : true;
}

/** Whether some path would match both: the two machines walk in step. */
export function globsOverlap(first: string, second: string): boolean {
  if (!isGlob(first)) return matchesGlob(second, first);
  if (!isGlob(second)) return matchesGlob(first, second);
  const [a, b] = [machineOf(first), machineOf(second)];
  const seen = new Set<number>();
  const open: [number, number][] = [];
  const visit = (left: number, right: number): void => {
    const key = left * b.steps.length + right;
    if (seen.has(key)) return;
    seen.add(key);
    open.push([left, right]);
  };
  visit(0, 0);
  for (let pair = open.pop(); pair; pair = open.pop()) {
    const [left, right] = pair;
    if (left === a.end && right === b.end) return true;
    for (const next of a.free[left] ?? []) visit(next, right);
    for (const next of b.free[right] ?? []) visit(left, next);
    for (const one of a.steps[left] ?? [])
      for (const other of b.steps[right] ?? []) if (meet(one, other)) visit(one.to, other.to);
  }
  return false;
}
