/** What people read on the parts that pages are made of. */
export const words = {
  close: 'Close',
  reason: 'Reason',
  reasonHint: 'Kept in the audit log.',
  keep: 'Keep it as it is',
  breadcrumb: 'Breadcrumb',
  copy: (what: string) => `Copy ${what}`,
  copied: 'Copied',
  dismiss: 'Dismiss',
  choose: 'Choose…',
  nothingDrawn: 'Nothing to draw in this time',
} as const;
