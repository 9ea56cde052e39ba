import { RotateCcw } from 'lucide-react';
import type { JsonObject } from '../../server/domain/json.ts';
import { lookOfCall } from '../looks/index.ts';
import { Button } from '../ui/button.tsx';
import { StatusText } from '../ui/status.tsx';
import { Ago, Code } from '../ui/text.tsx';
import { words } from './words.ts';

/** A call that was made by hand since the page was opened. It is kept nowhere: what goes in may be a secret. */
export interface Played {
  at: string;
  arguments: JsonObject;
  outcome: 'answered' | 'tool-error' | 'fault';
  /** What came back, or why nothing did. */
  text: string;
  ms: number | null;
}

const KEPT = 20;

export const withPlayed = (before: readonly Played[], call: Played): readonly Played[] =>
  [call, ...before].slice(0, KEPT);

/** What was called before with what: each can be had again, with its answer. */
export function PlayedList({ calls, onAgain }: { calls: readonly Played[]; onAgain(call: Played): void }) {
  if (calls.length === 0) return null;
  return (
    <section aria-label={words.played.title} className="flex flex-col gap-1.5">
      <h3 className="text-sm font-medium">{words.played.title}</h3>
      <ul className="rounded-md border border-line bg-card">
        {calls.map((call) => (
          <li key={call.at} className="border-b border-line last:border-b-0">
            <details>
              <summary className="flex min-h-9 cursor-pointer flex-wrap items-center gap-x-3 gap-y-1 px-3 py-1 text-sm hover:bg-hover">
                <StatusText look={lookOfCall(call.outcome)} />
                <span className="min-w-0 grow basis-40 truncate font-mono text-xs text-quiet">
                  {JSON.stringify(call.arguments)}
                </span>
                <span className="text-xs tabular-nums text-quiet">
                  {call.ms === null ? null : `${words.took(call.ms)} · `}
                  <Ago at={call.at} />
                </span>
              </summary>
              <div className="flex flex-col items-start gap-2 border-t border-line px-3 py-2">
                <div className="w-full">
                  <Code label={words.arguments}>{JSON.stringify(call.arguments, null, 2)}</Code>
                </div>
                <div className="w-full">
                  <Code label={words.answer}>{call.text}</Code>
                </div>
                <Button size="sm" icon={RotateCcw} onClick={() => onAgain(call)}>
                  {words.played.again}
                </Button>
              </div>
            </details>
          </li>
        ))}
      </ul>
    </section>
  );
}
