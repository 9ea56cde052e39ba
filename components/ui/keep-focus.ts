/** What is removed on the server is gone from the page when its list was asked for anew. */
const PATIENCE_MS = 5_000;

/** The next that is still there, else the one before. */
export function nextOrBefore<Thing>(
  things: readonly Thing[],
  lost: Thing,
  isThere: (thing: Thing) => boolean,
): Thing | undefined {
  const at = things.indexOf(lost);
  return things.slice(at + 1).find(isThere) ?? things.slice(0, Math.max(at, 0)).findLast(isThere);
}

/** Where else it may go, best first; those that are not in sight are passed over. */
type Elsewhere = (lost: Focusable) => readonly (HTMLElement | null)[];

let turn = 0;

/**
 * To be said before something is removed: if the focus goes with it, it comes to the next of its kind, else to the one before,
 * else to what is nearest. Whoever has gone on to something else meanwhile is left there.
 */
export function keepFocus(elsewhere: Elsewhere = () => []): void {
  turn++;
  watch({ turn, until: performance.now() + PATIENCE_MS, elsewhere, place: placeOf(document.activeElement) });
}

interface Watch {
  turn: number;
  until: number;
  elsewhere: Elsewhere;
  place: Place | undefined;
}

function watch(mine: Watch): void {
  const { activeElement: active, body } = document;
  if (mine.turn !== turn || performance.now() > mine.until) return;
  if (active === null || active === body) {
    if (mine.place && !mine.place.lost.isConnected) {
      goOn(mine.place, mine.elsewhere);
      return;
    }
  } else if (mine.place === undefined) mine.place = placeOf(active);
  else if (mine.place.lost !== active) return;
  requestAnimationFrame(() => watch(mine));
}

/** A connection on a canvas is drawn as SVG. */
type Focusable = HTMLElement | SVGElement;

interface Place {
  lost: Focusable;
  alike: readonly Focusable[];
  /** From the inside out, up to the page. */
  around: readonly Element[];
  /** Under a finger a field would bring up a keyboard that nobody asked for. */
  isByKeys: boolean;
}

/** Where it stands, as long as it does. */
function placeOf(lost: Element | null): Place | undefined {
  if (!(lost instanceof HTMLElement || lost instanceof SVGElement)) return undefined;
  // What closes gives the focus back by itself.
  if (lost === document.body || lost.closest('[role=alertdialog], [role=menu]')) return undefined;
  const alikeIn = (place: Element | null): Focusable[] =>
    [...(place?.querySelectorAll<HTMLElement>(lost.localName) ?? [])].filter(
      ({ className }) => className === lost.className,
    );
  const row = lost.closest('tr, li, [role=row]');
  const at = alikeIn(row).indexOf(lost);
  const alike = row
    ? [...(row.parentElement?.children ?? [])].flatMap((each) => alikeIn(each)[at] ?? [])
    : alikeIn(lost.closest('table, ul, ol, nav, section, [role=group], [role=toolbar], [role=grid], main'));
  const around: Element[] = [];
  for (let outer = lost.parentElement; outer && !outer.matches('main, body'); outer = outer.parentElement)
    around.push(outer);
  return { lost, alike, around, isByKeys: lost.matches(':focus-visible') };
}

function goOn({ lost, alike, around, isByKeys }: Place, elsewhere: Elsewhere): void {
  const reached = (place: Element) => [
    ...place.querySelectorAll<HTMLElement>(':is(a[href], button, input, [tabindex="0"]):not(:disabled)'),
  ];
  const place =
    elsewhere(lost).find(isInSight) ??
    nextOrBefore(alike, lost, isInSight) ??
    around
      .filter((each) => each.isConnected)
      .flatMap(reached)
      .find((each) => isInSight(each) && (isByKeys || each.localName !== 'input'));
  place?.focus({ preventScroll: true });
}

const isInSight = (element: Focusable | null): boolean =>
  element?.isConnected === true && element.checkVisibility();
