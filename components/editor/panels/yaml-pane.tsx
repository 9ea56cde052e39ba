'use client';

import { useEffect, useState, useSyncExternalStore } from 'react';
import { Button } from '../../ui/button.tsx';
import { useEditor } from '../context.ts';
import { replaceDocument } from '../model/edits/extras.ts';
import { edits } from '../model/words.ts';
import { CodeArea } from '../text/index.ts';
import { type InStep, keepInStep, type TextState } from '../text/keep-in-step.ts';
import { readBeside } from '../text/reading.ts';
import { TextGhost } from '../text/text-ghost.tsx';
import { openScribe } from '../text/yaml-scribe.ts';
import { words } from '../words.ts';
import { YamlFrame } from './yaml-frame.tsx';

/** The same document as text, in step both ways. What cannot be read stays in the text and changes nothing yet. */
export function YamlPane() {
  const { store, isReadOnly } = useEditor();
  const step = useInStep();
  const { text, faults, isBehind } = useSyncExternalStore(
    step?.subscribe ?? subscribeToNothing,
    () => step?.get() ?? NOTHING,
    () => NOTHING,
  );
  return (
    <YamlFrame
      onLeave={() => {
        step?.flush();
        store.seal();
      }}
    >
      {text === undefined ? (
        <TextGhost />
      ) : (
        <div className="min-h-0 grow overflow-auto">
          <CodeArea
            label={words.yamlOfThePipeline}
            language="yaml"
            value={text}
            onChange={(next) => step?.type(next)}
            readOnly={isReadOnly}
          />
        </div>
      )}
      {faults.length === 0 ? null : (
        <ul
          role="alert"
          className="max-h-32 shrink-0 overflow-y-auto border-t border-line bg-bad-soft px-3 py-2 text-sm text-bad"
        >
          {faults.map(({ line, message }) => (
            <li key={`${line} ${message}`}>{words.faultAt(line, message)}</li>
          ))}
        </ul>
      )}
      {isBehind ? (
        <div
          role="status"
          className="flex shrink-0 items-center gap-3 border-t border-line bg-warn-soft px-3 py-2 text-sm text-warn"
        >
          <p className="grow">{words.textIsBehind}</p>
          <Button size="sm" onClick={() => step?.takeCanvas()}>
            {words.takeTheCanvas}
          </Button>
        </div>
      ) : null}
    </YamlFrame>
  );
}

const NOTHING: TextState = { text: undefined, faults: [], isBehind: false };
const subscribeToNothing = () => () => undefined;

function useInStep(): InStep | undefined {
  const { store } = useEditor();
  const [step, setStep] = useState<InStep>();
  useEffect(() => {
    const scribe = openScribe();
    const made = keepInStep({
      document: () => store.get().document,
      replace: (before, after) => store.perform(replaceDocument(before, after, edits.editText)),
      scribe,
      readNow: readBeside,
    });
    setStep(made);
    const unsubscribe = store.subscribe(made.follow);
    // Before what is kept for the next visit is.
    window.addEventListener('pagehide', made.flush, { capture: true });
    return () => {
      made.stop();
      unsubscribe();
      window.removeEventListener('pagehide', made.flush, { capture: true });
      scribe.stop();
    };
  }, [store]);
  return step;
}
