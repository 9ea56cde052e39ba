'use client';

import { useState } from 'react';
import { type Answer, useOnceKeys } from '../data/index.ts';
import { Failure, useFailureSince } from '../shell/failure.tsx';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { Field, TextArea } from '../ui/field.tsx';
import { words } from './words.ts';

type Found = Answer<'mcp.import'>['servers'];

const EXAMPLE =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: people write it so
  'servers:\n  tracker:\n    url: https://mcp.example.com/mcp\n    headers:\n      authorization: Bearer ${TRACKER_KEY}\n';

/** Each text is connected once, however often it is asked for. */
function useLoading(inDialog: boolean, onLoaded: (servers: Found) => void) {
  const keys = useOnceKeys();
  const load = useAct('mcp.import', {
    refresh: [['mcp']],
    inDialog,
    onDone({ servers }) {
      keys.isDone();
      onLoaded(servers);
    },
  });
  return { ...load, run: (text: string) => load.run({ text, idempotency_key: keys.keyOf({ text }) }) };
}

/** Looked at first, then connected: what is wrong with one does not hold up the others. */
export function ImportDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const [text, setText] = useState('');
  const [seen, setSeen] = useState<{ text: string; servers: Found } | null>(null);
  const [done, setDone] = useState<Found | null>(null);
  const preview = useAct('mcp.import', {
    inDialog: open,
    onDone: ({ servers }, given) => setSeen({ text: given.text, servers }),
  });
  const load = useLoading(open, setDone);
  const failure = useFailureSince(open, load.error ?? preview.error);
  const isSeen = seen?.text === text;
  const good = isSeen ? seen.servers.filter(({ problem }) => problem === null).length : 0;
  const close = (next: boolean) => {
    if (!next) {
      setSeen(null);
      setDone(null);
      setText('');
    }
    onOpenChange(next);
  };
  return (
    <Dialog
      open={open}
      onOpenChange={close}
      title={words.importTitle}
      description={words.importNote}
      width="lg"
      actions={
        done ? (
          <Button onClick={() => close(false)}>{words.close}</Button>
        ) : (
          <>
            <Button
              look={good === 0 ? 'primary' : 'plain'}
              disabled={text.trim() === ''}
              busy={preview.isBusy}
              onClick={() => preview.run({ text, preview: true })}
            >
              {words.preview}
            </Button>
            {good === 0 ? null : (
              <Button look="primary" busy={load.isBusy} onClick={() => load.run(text)}>
                {words.importGood(good)}
              </Button>
            )}
          </>
        )
      }
    >
      {done ? (
        <Rows servers={done} good={words.imported} />
      ) : (
        <div className="flex flex-col gap-4">
          <Field label={words.file} hint={words.importVariables}>
            <TextArea mono rows={10} value={text} onChange={setText} placeholder={EXAMPLE} />
          </Field>
          {isSeen ? <Rows servers={seen.servers} good={words.importable} /> : null}
          <Failure of={failure} />
        </div>
      )}
    </Dialog>
  );
}

function Rows({ servers, good }: { servers: Found; good: string }) {
  return (
    <ul className="divide-y divide-line rounded-md border border-line text-sm">
      {servers.map(({ slug, problem, connected }) => {
        const trouble = problem ?? connected?.problem ?? null;
        return (
          <li key={slug} className="flex flex-wrap gap-x-3 px-3 py-2">
            <span className="font-mono">{slug}</span>
            <span className={`min-w-0 break-words ${trouble === null ? 'text-good' : 'text-bad'}`}>
              {trouble ?? good}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
