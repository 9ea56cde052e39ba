import type { ApiError } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { words } from './words.ts';

/** What went wrong where figures should be, and another try. */
export function Broken({ result }: { result: { error: ApiError | null; refetch(): unknown } }) {
  if (!result.error) return null;
  return (
    <Notice
      message={result.error.message}
      advice={result.error.advice}
      action={
        <Button size="sm" onClick={() => void result.refetch()}>
          {words.again}
        </Button>
      }
    />
  );
}
