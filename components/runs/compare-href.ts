/** Two runs side by side, the older one first: ids sort by time. */
export function compareHref(one: string, other: string): string {
  const [a, b] = [one, other].toSorted();
  return `/runs/compare?a=${a}&b=${b}`;
}
