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
