export interface KeyBinding {
  /** As it is typed: `r`, `shift+x`, `mod+enter`, `?`. Several: any of them. None: it is offered by the palette alone. */
  keys?: string | readonly string[];
  /** What it does, for the sheet of keys and the palette. */
  label: string;
  run(): void;
  /** Also while somebody types: for what no field has a use of its own for. */
  whileTyping?: boolean;
  /** What people come to the page for: the palette begins with it. */
  leads?: boolean;
  /** Not just now; the sheet shows it all the same. */
  disabled?: boolean;
}

export interface KeyGroup {
  title: string;
  bindings: readonly KeyBinding[];
}

export interface KeyRegistry {
  /** Until the function that it gives is called. What came last wins. */
  add(group: KeyGroup): () => void;
  groups(): readonly KeyGroup[];
  onChange(changed: () => void): () => void;
  /** The binding that a key stands for just now. */
  find(pressed: string, isTyping?: boolean): KeyBinding | undefined;
}

export const keysOf = ({ keys = [] }: Pick<KeyBinding, 'keys'>): readonly string[] =>
  typeof keys === 'string' ? [keys] : keys;

export function createKeyRegistry(): KeyRegistry {
  let groups: readonly KeyGroup[] = [];
  const watchers = new Set<() => void>();
  const set = (next: readonly KeyGroup[]) => {
    groups = next;
    for (const changed of watchers) changed();
  };
  return {
    add(group) {
      set([...groups, group]);
      return () => set(groups.filter((each) => each !== group));
    },
    groups: () => groups,
    onChange(changed) {
      watchers.add(changed);
      return () => watchers.delete(changed);
    },
    find(pressed, isTyping = false) {
      const fits = (binding: KeyBinding) =>
        !binding.disabled && (!isTyping || binding.whileTyping === true) && keysOf(binding).includes(pressed);
      for (const { bindings } of groups.toReversed()) {
        const found = bindings.find(fits);
        if (found) return found;
      }
      return undefined;
    },
  };
}

interface Pressed {
  key: string;
  /** Where it lies on the keyboard: `KeyR`. */
  code: string;
  ctrlKey: boolean;
  metaKey: boolean;
  altKey: boolean;
  shiftKey: boolean;
}

const NAMES: Record<string, string> = {
  ArrowUp: 'up',
  ArrowDown: 'down',
  ArrowLeft: 'left',
  ArrowRight: 'right',
  Escape: 'esc',
  ' ': 'space',
};

const OTHER_LETTER = /^(?![a-z])\p{L}$/iu;
const LETTER_KEY = /^Key([A-Z])$/;

/** Bindings are Latin letters. Who writes Cyrillic, Greek or Hebrew has these printed on the keys, beside their own. */
function latinOf(key: string, code: string): string {
  const place = OTHER_LETTER.test(key) ? LETTER_KEY.exec(code) : null;
  return place?.[1] ?? key;
}

/** How a key is called in a binding. Shift counts for letters and named keys; what it types otherwise says it already. */
export function nameOfKey({ key: typed, code, ctrlKey, metaKey, altKey, shiftKey }: Pressed): string {
  const key = latinOf(typed, code);
  const name = NAMES[key] ?? key.toLowerCase();
  const isTyped = key.length === 1 && key.toLowerCase() === key.toUpperCase();
  return [
    ...(ctrlKey || metaKey ? ['mod'] : []),
    ...(altKey ? ['alt'] : []),
    ...(shiftKey && !isTyped ? ['shift'] : []),
    name,
  ].join('+');
}

/** A key that types something, with nothing but Shift held: what may be switched off. */
export function isSingleKey(pressed: string): boolean {
  const key = pressed.startsWith('shift+') ? pressed.slice('shift+'.length) : pressed;
  return [...key].length === 1;
}
