'use client';

import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useEffectEvent,
  useState,
  useSyncExternalStore,
} from 'react';
import { KeySheet } from './key-sheet.tsx';
import {
  createKeyRegistry,
  isSingleKey,
  type KeyBinding,
  type KeyGroup,
  type KeyRegistry,
  nameOfKey,
} from './registry.ts';
import { keepsArrow } from './scrolls.ts';
import { areSingleKeysOn } from './single-keys.ts';

const KeysContext = createContext<KeyRegistry | undefined>(undefined);

/** Lists that choose by keys of their own, and dialogs, which stand before the page. */
const HAVE_THEIR_OWN = '[role=menu],[role=listbox],[data-keys=own]';
/** What Enter is for where it has the focus. */
const PRESSED_BY_ENTER = 'a[href],button,summary,[role=button]';
/** Where keys mean text. */
const TYPED_INTO = 'input:not([type=checkbox]),textarea,select,[contenteditable=true]';

/** Around the app: one listener for all keys, and the sheet that lists them. */
export function KeysProvider({ children }: { children: ReactNode }) {
  const [registry] = useState(createKeyRegistry);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const isIn = (places: string) =>
        event.target instanceof Element && event.target.closest(places) !== null;
      if (isIn(HAVE_THEIR_OWN)) return;
      const pressed = nameOfKey(event);
      if (pressed === 'enter' && isIn(PRESSED_BY_ENTER)) return;
      if (isSingleKey(pressed) && !areSingleKeysOn()) return;
      const binding = registry.find(pressed, isIn(TYPED_INTO));
      if (!binding || keepsArrow(pressed, event.target)) return;
      event.preventDefault();
      binding.run();
    };
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [registry]);
  return (
    <KeysContext value={registry}>
      {children}
      <KeySheet registry={registry} />
    </KeysContext>
  );
}

/** What can be done on the whole page while what calls it is drawn, by keys and by the palette, and its heading there. */
export function useKeys(title: string, bindings: readonly KeyBinding[]): void {
  const registry = use(KeysContext);
  const run = useEffectEvent((at: number) => bindings[at]?.run());
  const shape = JSON.stringify(bindings.map(({ run: _run, ...shown }) => shown));
  useEffect(() => {
    const shown = JSON.parse(shape) as Omit<KeyBinding, 'run'>[];
    return registry?.add({
      title,
      bindings: shown.map((binding, at) => ({ ...binding, run: () => run(at) })),
    });
  }, [registry, title, shape]);
}

const NONE: readonly KeyGroup[] = [];
const NEVER = () => () => undefined;

/** All that keys do on this page just now. */
export function useKeyGroups(): readonly KeyGroup[] {
  const registry = use(KeysContext);
  return useSyncExternalStore(
    registry?.onChange ?? NEVER,
    () => registry?.groups() ?? NONE,
    () => NONE,
  );
}
