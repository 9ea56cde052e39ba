'use client';

import { BrokenPage } from '../../components/shell/lost.tsx';

export default function Broken({ error, reset }: { error: Error & { digest?: string }; reset(): void }) {
  return <BrokenPage digest={error.digest} onRetry={reset} />;
}
