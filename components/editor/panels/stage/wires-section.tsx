'use client';

import { X } from 'lucide-react';
import { IconButton } from '../../../ui/button.tsx';
import { keepFocus } from '../../../ui/keep-focus.ts';
import { useEditor } from '../../context.ts';
import { findStage, type StageItem, titleOf, type Wire } from '../../model/document.ts';
import { removeItems } from '../../model/edits/stages.ts';
import { wireId } from '../../model/items.ts';
import { whenLabel } from '../../model/outline.ts';
import { useObserved } from '../../store/observable.ts';
import { words } from '../../words.ts';
import { ExpressionField, Section } from '../fields.tsx';
import { useSuggestions } from '../use-suggestions.ts';
import { panelWords } from '../words.ts';

/** When it runs: after whom, and on what condition. */
export function WiresSection({
  stage,
  conditionError,
  onCondition,
}: {
  stage: StageItem;
  conditionError: string | undefined;
  onCondition(value: string | undefined): void;
}) {
  const { store } = useEditor();
  const wires = useObserved(store, (state) => state.document.dependencies);
  const incoming = wires.filter(({ to }) => to === stage.key);
  const outgoing = wires.filter(({ from }) => from === stage.key);
  return (
    <Section title={words.whenItRuns} open isOpenToAll>
      <Wires title={words.after} wires={incoming} other="from" none={panelWords.startsWithRun} />
      <Wires title={words.before} wires={outgoing} other="to" none={panelWords.nothingFollows} />
      <ExpressionField
        label={words.onlyIf}
        value={typeof stage.condition === 'string' ? stage.condition : undefined}
        error={conditionError}
        placeholder={words.stagesCheckOutputOkTrue}
        suggest={useSuggestions({ stage: stage.key, seesItself: false })}
        onChange={onCondition}
        hint={words.falseSkipsItLeftOut}
      />
    </Section>
  );
}

function Wires({
  title,
  wires,
  other,
  none,
}: {
  title: string;
  wires: readonly Wire[];
  other: 'from' | 'to';
  none: string;
}) {
  const { store, isReadOnly } = useEditor();
  const { document } = store.get();
  return (
    <div className="flex flex-col gap-1">
      <span className="text-sm font-medium">{title}</span>
      {wires.length === 0 ? <p className="text-xs text-quiet">{none}</p> : null}
      <ul aria-label={title}>
        {wires.map((wire) => {
          const id = wireId(wire);
          const stage = findStage(document, String(wire[other]));
          const name = stage ? titleOf(stage) : String(wire[other]);
          return (
            <li key={id} className="flex items-center gap-1">
              <button
                type="button"
                onClick={() => store.select([id])}
                className="flex h-7 min-w-0 grow items-center gap-2 rounded-sm px-1.5 text-left text-sm hover:bg-hover"
              >
                <span className="truncate">{name}</span>
                <span className="ml-auto shrink-0 truncate font-mono text-2xs text-quiet">
                  {whenLabel(wire) ?? words.onSuccess}
                </span>
              </button>
              {isReadOnly ? null : (
                <IconButton
                  label={words.removeWire(name)}
                  icon={X}
                  size="sm"
                  onClick={() => {
                    keepFocus();
                    const before = store.get().selection;
                    store.perform({
                      ...removeItems(store.get().document, new Set([id])),
                      select: [...before],
                    });
                  }}
                />
              )}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
