/** Where what is selected is set up. */
export const DETAILS = 'editor-details';

/** What shows a stage, and what edits code, is loaded when it is first shown. */
const PATIENCE_MS = 3_000;

/** To its first field, or what else there is to press, as soon as it is drawn. */
export function goToDetails(until = performance.now() + PATIENCE_MS): void {
  const details = document.getElementById(DETAILS);
  const field = details?.querySelector<HTMLElement>(
    'input:not(:disabled), textarea:not(:disabled), [contenteditable=true]',
  );
  const place = field ?? details?.querySelector<HTMLElement>('button:not(:disabled)');
  if (place) place.focus();
  else if (performance.now() < until) requestAnimationFrame(() => goToDetails(until));
}

/**
 * To the field whose value is wrong, as soon as it is drawn; without one the focus stays where it is. `within` is where
 * in the config that is: the nearest field that is drawn on the way there will do.
 */
export function goToFault(within: readonly string[] = [], until = performance.now() + PATIENCE_MS): void {
  requestAnimationFrame(() => {
    const details = document.getElementById(DETAILS);
    const field =
      fieldAt(details, within) ??
      details?.querySelector<HTMLElement>('[data-faulty] .cm-content, [aria-invalid=true]');
    if (field) field.focus();
    else if (performance.now() < until) goToFault(within, until);
  });
}

/** How a field says where in the config its value stands. */
export const placeOf = (within: readonly string[]): string => JSON.stringify(within);

function fieldAt(details: HTMLElement | null, within: readonly string[]): HTMLElement | null {
  for (let length = within.length; length > 0; length--) {
    const place = CSS.escape(placeOf(within.slice(0, length)));
    const field = details?.querySelector<HTMLElement>(
      `[data-place="${place}"] :is(.cm-content, input, textarea, [role=combobox])`,
    );
    if (field) return field;
  }
  return null;
}
