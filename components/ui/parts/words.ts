/** What the parts say that open over a page. */
export const words = {
  close: 'Close',
  dismiss: 'Dismiss',
  reason: 'Reason',
  reasonIsKept: 'Kept in the audit log.',
  keepIt: 'Keep it as it is',
};
