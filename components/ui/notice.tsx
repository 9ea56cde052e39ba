/** What went wrong and what to do, said aloud when it appears. */
export function Notice({ message, advice }: { message: string; advice?: string | undefined }) {
  return (
    <div role="alert" className="my-4 rounded-md border border-bad bg-card px-4 py-3">
      <p className="font-medium text-bad">{message}</p>
      {advice === undefined ? null : <p className="mt-1 text-sm text-quiet">{advice}</p>}
    </div>
  );
}
