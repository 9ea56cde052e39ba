const given = new Map<string, number>();

/** What a test has made is there still when it is tried again, and its name is taken: each later try gets another. */
export function freshName(name: string): string {
  const times = (given.get(name) ?? 0) + 1;
  given.set(name, times);
  return times === 1 ? name : `${name} ${times}`;
}
