'use client';

import { ArrowRight, Trash2 } from 'lucide-react';
import { DEPENDENCY_WHEN } from '../../../server/domain/graph/schema.ts';
import { isJsonObject } from '../../../server/domain/json.ts';
import { IconButton } from '../../ui/button.tsx';
import { Tooltip } from '../../ui/tooltip.tsx';
import { useEditor } from '../context.ts';
import { findStage, titleOf, type Wire } from '../model/document.ts';
import { setWhen } from '../model/edits/stages.ts';
import { stageId, wireId } from '../model/items.ts';
import { removeSelected } from '../remove-selected.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { ChoiceField, ExpressionField, FieldsOf } from './fields.tsx';
import { useSuggestions } from './use-suggestions.ts';
import { panelWords } from './words.ts';

const WHEN = [
  { value: 'success', label: panelWords.when.success },
  { value: 'failure', label: panelWords.when.failure },
  { value: 'always', label: panelWords.when.always },
  { value: 'expression', label: panelWords.when.expression },
] as const;

/** When a connection is taken. */
export function WirePanel({ wire }: { wire: Wire }) {
  const editor = useEditor();
  const { store, problems, isReadOnly } = editor;
  const suggestions = useSuggestions({ stage: wire.from, seesItself: true });
  const id = wireId(wire);
  const error = useObserved(problems, (list) => list.find((problem) => problem.item === id)?.message);
  const expression = isJsonObject(wire.when) ? String(wire.when.expression ?? '') : undefined;
  const word = DEPENDENCY_WHEN.find((known) => known === wire.when) ?? 'success';
  const put = (when: string | { expression: string }) =>
    store.perform(setWhen(store.get().document, id, when));
  return (
    <div>
      <header className="flex items-center gap-2 border-b border-line px-4 py-3">
        <h2 className="min-w-0 grow font-semibold">{words.connection}</h2>
        {isReadOnly ? null : (
          <Tooltip text={words.delete} keys="del">
            <IconButton
              label={words.deleteThisConnection}
              icon={Trash2}
              size="sm"
              onClick={() => removeSelected(editor)}
            />
          </Tooltip>
        )}
      </header>
      <Ends wire={wire} />
      <FieldsOf isReadOnly={isReadOnly} className="flex min-w-0 flex-col gap-4 p-4">
        <ChoiceField
          label={words.itIsTaken}
          value={expression === undefined ? word : 'expression'}
          options={WHEN}
          onChange={(next) => {
            if (next !== undefined)
              put(next === 'expression' ? { expression: `stages["${wire.from}"].output != null` } : next);
          }}
        />
        {expression === undefined ? (
          error === undefined ? null : (
            <p className="text-sm text-bad">{error}</p>
          )
        ) : (
          <ExpressionField
            label={words.expression}
            value={expression}
            error={error}
            hint={words.ctrlSpaceShowsWhatCan}
            suggest={suggestions}
            onChange={(text) => put({ expression: text ?? 'true' })}
          />
        )}
      </FieldsOf>
    </div>
  );
}

/** From where to where, each the way to its stage. */
function Ends({ wire }: { wire: Wire }) {
  const { store } = useEditor();
  const { document } = store.get();
  const nameFor = (key: string) => {
    const stage = findStage(document, key);
    return stage ? titleOf(stage) : key;
  };
  return (
    <p className="flex flex-wrap items-center gap-2 px-4 pt-4 text-sm">
      {[wire.from, wire.to].map((key, at) => (
        <span key={key} className="flex items-center gap-2">
          {at === 1 ? <ArrowRight aria-label={words.leadsTo} size={14} className="text-quiet" /> : null}
          <button
            type="button"
            className="rounded-sm border border-line bg-sunken px-2 py-0.5 hover:border-control"
            onClick={() => store.select([stageId(key)])}
          >
            {nameFor(key)}
          </button>
        </span>
      ))}
    </p>
  );
}
