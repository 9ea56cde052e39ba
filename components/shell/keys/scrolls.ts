const AXES: Record<string, 'x' | 'y'> = { up: 'y', down: 'y', left: 'x', right: 'x' };

/** What of an element says whether it scrolls. */
export interface Box {
  overflowX: string;
  overflowY: string;
  scrollWidth: number;
  clientWidth: number;
  scrollHeight: number;
  clientHeight: number;
}

/** Whether an arrow, with Shift or without, is one that scrolls a box with so much in it. */
export function isScrolledBy(pressed: string, box: Box): boolean {
  const axis = AXES[pressed.replace(/^shift\+/, '')];
  if (axis === undefined) return false;
  const overflow = axis === 'x' ? box.overflowX : box.overflowY;
  const isLonger = axis === 'x' ? box.scrollWidth > box.clientWidth : box.scrollHeight > box.clientHeight;
  return isLonger && (overflow === 'auto' || overflow === 'scroll');
}

/** A list whose items the arrows of the page are about: they stay the page's, though it scrolls. */
const PAGE_KEYS = '[data-keys=page]';

/** Whether an arrow belongs to what has the focus, or is around it, because that scrolls. The page itself does not count. */
export function keepsArrow(pressed: string, target: EventTarget | null): boolean {
  if (!(target instanceof Element) || target.closest(PAGE_KEYS)) return false;
  for (let at: Element | null = target; at && at !== document.body; at = at.parentElement) {
    const { overflowX, overflowY } = getComputedStyle(at);
    const { scrollWidth, clientWidth, scrollHeight, clientHeight } = at;
    if (isScrolledBy(pressed, { overflowX, overflowY, scrollWidth, clientWidth, scrollHeight, clientHeight }))
      return true;
  }
  return false;
}
