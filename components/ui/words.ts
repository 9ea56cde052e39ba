/** What people read on the parts that pages are made of. */
export const words = {
  close: 'Close',
  reason: 'Reason',
  reasonHint: 'Kept in the audit log.',
  keep: 'Keep it as it is',
  breadcrumb: 'Breadcrumb',
  copy: (what: string) => `Copy ${what}`,
  copied: 'Copied',
  notCopied: {
    title: 'The browser did not let it be copied',
    description: 'Mark the text and copy it with the keys of your system.',
  },
  dismiss: 'Dismiss',
  choose: 'Choose…',
  nothingDrawn: 'Nothing to draw in this time',
  columns: 'Columns',
  /** Keys whose names are printed on them. */
  keys: { mod: 'Ctrl', esc: 'Esc', space: 'Space', delete: 'Del', backspace: 'Backspace' },
  durations: {
    ms: (ms: number) => `${ms} ms`,
    seconds: (seconds: number | string) => `${seconds} s`,
    minutes: (minutes: number, seconds: string) => `${minutes} min ${seconds} s`,
    hours: (hours: number, minutes: string) => `${hours} h ${minutes} min`,
    days: (days: number, hours: number) => `${days} d ${hours} h`,
  },
  ages: {
    now: 'just now',
    seconds: (seconds: number) => `${seconds} s ago`,
    minutes: (minutes: number) => `${minutes} min ago`,
    hours: (hours: number) => `${hours} h ago`,
    days: (days: number) => `${days} d ago`,
  },
  ahead: {
    now: 'now',
    seconds: (seconds: number) => `in ${seconds} s`,
    minutes: (minutes: number) => `in ${minutes} min`,
    hours: (hours: number) => `in ${hours} h`,
    days: (days: number) => `in ${days} d`,
  },
} as const;
