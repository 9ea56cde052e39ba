/** Where what is selected is set up. */
export const DETAILS = 'editor-details';

/** To its first field, or what else there is to press. */
export function goToDetails(): void {
  const details = document.getElementById(DETAILS);
  const field = details?.querySelector<HTMLElement>(
    'input:not(:disabled), textarea:not(:disabled), [contenteditable=true]',
  );
  (field ?? details?.querySelector<HTMLElement>('button:not(:disabled)'))?.focus();
}

/** What edits code is loaded when it is first shown. */
const PATIENCE_MS = 3_000;

/** To the field whose value is wrong, as soon as it is drawn; without one the focus stays where it is. */
export function goToFault(until = performance.now() + PATIENCE_MS): void {
  requestAnimationFrame(() => {
    const details = document.getElementById(DETAILS);
    const field = details?.querySelector<HTMLElement>('[data-faulty] .cm-content, [aria-invalid=true]');
    if (field) field.focus();
    else if (performance.now() < until) goToFault(until);
  });
}
