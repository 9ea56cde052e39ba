/** What people read at the head of a list. */
export const words = {
  selectNone: 'Select none',
  selectAll: (count: number) => `Select all ${count} that are loaded`,
} as const;
