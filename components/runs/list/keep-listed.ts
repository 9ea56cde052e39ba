/** Those that are in the list; the same set where that is all of them. */
export function keepListed(
  selected: ReadonlySet<string>,
  rows: readonly { id: string }[],
): ReadonlySet<string> {
  if (selected.size === 0) return selected;
  const listed = new Set(rows.map(({ id }) => id));
  const kept = [...selected].filter((id) => listed.has(id));
  return kept.length === selected.size ? selected : new Set(kept);
}
