/** How everything that opens over the page looks and moves, so that all of it does so alike. */
export const POPUP_MOTION =
  'origin-(--transform-origin) transition-[transform,opacity] duration-100 ease-calm data-starting-style:scale-98 data-starting-style:opacity-0 data-ending-style:opacity-0';

export const POPUP_SURFACE = 'rounded-lg border border-line bg-raised text-text shadow-raised outline-none';

/** An entry of a menu or a list of choices. */
export const POPUP_ITEM =
  'flex min-h-7 pointer-coarse:min-h-10 cursor-default select-none items-center gap-2 rounded-sm px-2 text-sm outline-none data-highlighted:bg-hover data-disabled:text-faint';
