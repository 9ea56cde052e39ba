import { useState } from 'react';

/**
 * A range that reaches back from now is another question each minute: where that one fails, what the last one of its kind
 * was answered stays, and never what was answered to other filters.
 */
export function useLastAnswer<Data>(
  asked: { data: Data | undefined; isPlaceholderData: boolean },
  { what }: { what: string },
): Data | undefined {
  const own = asked.isPlaceholderData ? undefined : asked.data;
  const [last, setLast] = useState({ what, data: own });
  const data = own ?? (last.what === what ? last.data : undefined);
  if (last.what !== what || last.data !== data) setLast({ what, data });
  return asked.data ?? data;
}
