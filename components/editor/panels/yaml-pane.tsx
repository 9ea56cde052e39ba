'use client';

import { useEffect, useState } from 'react';
import { useEditor } from '../context.ts';
import { replaceDocument } from '../model/edits/extras.ts';
import { fingerprint, fromText, type TextFault, toYaml } from '../model/text.ts';
import { edits } from '../model/words.ts';
import { useObserved } from '../store/observable.ts';
import { CodeArea } from '../text/index.ts';
import { words } from '../words.ts';
import { YamlFrame } from './yaml-frame.tsx';

const AFTER_MS = 250;

/** The same document as text, in step both ways. What cannot be read stays in the text and changes nothing yet. */
export function YamlPane() {
  const { store, isReadOnly } = useEditor();
  const document = useObserved(store, (state) => state.document);
  const [text, setText] = useState(() => toYaml(document));
  const [faults, setFaults] = useState<readonly TextFault[]>([]);
  /** The document that the text says: what the canvas has made of it needs no new text. */
  const [said, setSaid] = useState(document);

  useEffect(() => {
    if (document === said) return undefined;
    const timer = setTimeout(() => {
      setText(toYaml(document));
      setSaid(document);
      setFaults([]);
    }, AFTER_MS);
    return () => clearTimeout(timer);
  }, [document, said]);

  const change = (next: string) => {
    setText(next);
    const read = fromText(next);
    if (!read.ok) {
      setFaults(read.faults);
      return;
    }
    setFaults([]);
    const before = store.get().document;
    setSaid(read.document);
    if (fingerprint(before) === fingerprint(read.document)) return;
    store.perform(replaceDocument(before, read.document, edits.editText));
  };

  return (
    <YamlFrame onLeave={() => store.seal()}>
      <div className="min-h-0 grow overflow-auto">
        <CodeArea
          label={words.yamlOfThePipeline}
          language="yaml"
          value={text}
          onChange={change}
          readOnly={isReadOnly}
        />
      </div>
      {faults.length === 0 ? null : (
        <ul
          role="alert"
          className="max-h-32 overflow-y-auto border-t border-line bg-bad-soft px-3 py-2 text-sm text-bad"
        >
          {faults.map(({ line, message }) => (
            <li key={`${line} ${message}`}>{words.faultAt(line, message)}</li>
          ))}
        </ul>
      )}
    </YamlFrame>
  );
}
