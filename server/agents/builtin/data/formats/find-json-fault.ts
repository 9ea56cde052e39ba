/** Where a text stops being JSON. JSON.parse says that only sometimes, and people need the place. */
export interface JsonFault {
  at: number;
  reason: string;
}

const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids raw control characters in strings.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

type Expecting = 'value' | 'value-or-close' | 'key' | 'key-or-close' | 'colon' | 'comma-or-close' | 'end';

const REASONS: Record<Expecting, string> = {
  value: 'a value is missing or not well formed',
  'value-or-close': 'a value or "]" is missing',
  key: 'a name in double quotes is missing',
  'key-or-close': 'a name in double quotes or "}" is missing',
  colon: 'a ":" is missing',
  'comma-or-close': 'a "," or a closing bracket is missing',
  end: 'text follows the end of the value',
};

/** A walk with a stack of its own, so that depth cannot overflow the program's. */
export function findJsonFault(text: string): JsonFault | null {
  const open: ('{' | '[')[] = [];
  let at = 0;
  let expecting: Expecting = 'value';
  const take = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (!match) return false;
    at += match[0].length;
    return true;
  };
  const afterValue = (): Expecting => (open.length === 0 ? 'end' : 'comma-or-close');
  for (;;) {
    take(SPACE);
    const next = text[at];
    if (next === undefined) return expecting === 'end' ? null : { at, reason: 'the text ends too early' };
    const step = stepOver({ next, expecting, open, take });
    if (step === null) return { at, reason: REASONS[expecting] };
    if (step.skip) at += 1;
    expecting = step.expecting ?? afterValue();
  }
}

interface Situation {
  next: string;
  expecting: Expecting;
  open: ('{' | '[')[];
  take: (pattern: RegExp) => boolean;
}

/** What comes after the next token; `expecting` left out means that a value has just ended. */
function stepOver(now: Situation): { skip: boolean; expecting?: Expecting } | null {
  const { next, expecting, open, take } = now;
  const inside = open.at(-1);
  if (next === (inside === '{' ? '}' : ']') && isCloseAllowed(expecting)) {
    open.pop();
    return { skip: true };
  }
  if (expecting === 'value' || expecting === 'value-or-close') {
    if (next === '{' || next === '[') {
      open.push(next);
      return { skip: true, expecting: next === '{' ? 'key-or-close' : 'value-or-close' };
    }
    return take(next === '"' ? STRING : SCALAR) ? { skip: false } : null;
  }
  if (expecting === 'key' || expecting === 'key-or-close') {
    return take(STRING) ? { skip: false, expecting: 'colon' } : null;
  }
  if (expecting === 'colon') return next === ':' ? { skip: true, expecting: 'value' } : null;
  if (expecting === 'comma-or-close' && next === ',') {
    return { skip: true, expecting: inside === '{' ? 'key' : 'value' };
  }
  return null;
}

function isCloseAllowed(expecting: Expecting): boolean {
  return expecting === 'comma-or-close' || expecting === 'key-or-close' || expecting === 'value-or-close';
}
