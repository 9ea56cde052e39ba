'use client';

import { useState } from 'react';
import type { ApiError } from '../data/index.ts';
import { Notice } from '../ui/feedback.tsx';

/** What went wrong with what a dialog has sent: it stays there, in sight, until it is sent anew. */
export function Failure({ of }: { of: Pick<ApiError, 'message' | 'advice'> | null }) {
  if (of === null) return null;
  return (
    <div ref={toSight} className="[&>*]:my-0">
      <Notice message={of.message} advice={of.advice} />
    </div>
  );
}

// At the end of a long form it would be below the edge.
const toSight = (element: HTMLElement | null) => element?.scrollIntoView({ block: 'nearest' });

/** What has gone wrong since a dialog was opened: whoever opens it once more begins anew. */
export function useFailureSince(isOpen: boolean, failure: ApiError | null): ApiError | null {
  const [last, setLast] = useState({ isOpen, failure });
  if (last.isOpen !== isOpen) setLast({ isOpen, failure });
  return failure === last.failure ? null : failure;
}
