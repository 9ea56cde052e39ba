'use client';

import { Compass, TriangleAlert } from 'lucide-react';
import Link from 'next/link';
import { Button } from '../ui/button.tsx';
import { Empty } from '../ui/feedback.tsx';
import { Page } from '../ui/surface.tsx';

/** There is no such page, or none for whoever asks. */
export function NoPage() {
  return (
    <Page width="reading">
      <h1 className="sr-only">No such page</h1>
      <Empty
        icon={Compass}
        title="There is no such page"
        action={
          <Link href="/" className="text-accent underline-offset-4 hover:underline">
            To the start
          </Link>
        }
      >
        The address may be mistyped, or what it led to is gone.
      </Empty>
    </Page>
  );
}

/** A page that stumbled over an error of ours: the rest of the panel goes on. */
export function BrokenPage({ digest, onRetry }: { digest?: string | undefined; onRetry(): void }) {
  return (
    <Page width="reading">
      <h1 className="sr-only">This page is broken</h1>
      <Empty
        icon={TriangleAlert}
        title="This page stumbled over an error of ours"
        action={<Button onClick={onRetry}>Try again</Button>}
      >
        Nothing was lost. If it comes back, the log of the server and the console of this browser say more
        {digest === undefined ? '.' : ` under ${digest}.`}
      </Empty>
    </Page>
  );
}
