'use client';

import { Plus } from 'lucide-react';
import { useMemo, useState } from 'react';
import { capabilitySchema } from '../../../server/domain/graph/schema.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { iconOf } from '../canvas/icons.ts';
import { type Asked, useEditor } from '../context.ts';
import type { Capability } from '../model/capabilities.ts';
import { findStage, titleOf } from '../model/document.ts';
import { fittingBeside } from '../model/fitting.ts';
import { withToolOutputs } from '../model/mcp/outputs.ts';
import { counts } from '../model/words.ts';
import { matching } from '../panels/palette.tsx';
import { useAddStage } from '../panels/use-add-stage.ts';
import { useObserved } from '../store/observable.ts';
import { words } from '../words.ts';
import { Picker, type PickerItem } from './picker.tsx';

const NONE: ReadonlyMap<string, Capability> = new Map();

/** A stage by its name, from anywhere; also what a wire asks for that was dropped on nothing. */
export function AddDialog({ asked, onClose }: { asked: Extract<Asked, { kind: 'add' }>; onClose(): void }) {
  const { capabilities, store } = useEditor();
  const known = useObserved(capabilities, (map) => map);
  const { document } = store.get();
  const [typed, setTyped] = useState('');
  const add = useAddStage();
  const fitting = useFitting(asked);
  const items: PickerItem[] = matching([...(known?.values() ?? [])], typed, fitting).map(
    ({ name, serving }) => ({
      id: name,
      label: name,
      icon: iconOf(name),
      note: `${fitting.has(name) ? words.fits : ''}${serving === 0 ? words.noAgentIsWorking : counts.agents(serving)}`,
    }),
  );
  const own = typed.trim();
  // What no agent offers yet can be asked for too: the stage waits for one.
  if (capabilitySchema.safeParse(own).success && !items.some(({ id }) => id === own)) {
    items.push({ id: own, label: own, icon: Plus, note: words.notOfferedYet });
  }
  const beside = asked.after ?? asked.before;
  const stage = beside === undefined ? undefined : findStage(document, beside);
  const where = stage ? titleOf(stage) : beside;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={
        where === undefined
          ? words.addAStage
          : asked.after === undefined
            ? words.beforeStage(where)
            : words.afterStage(where)
      }
    >
      <Picker
        label={words.whatShouldItDo}
        items={items}
        words={typed}
        onWords={setTyped}
        none={words.noSuchOffer}
        onPick={({ id }) => {
          const { kind: _, ...place } = asked;
          onClose();
          add({ type: id, ...place });
        }}
      />
    </Dialog>
  );
}

/** What is known to work beside the stage that is asked about. */
function useFitting({ after, before }: Extract<Asked, { kind: 'add' }>): ReadonlySet<string> {
  const { capabilities, mcp, store, samples } = useEditor();
  const known = useObserved(capabilities, (map) => map);
  const seen = useObserved(samples, (map) => map);
  const servers = useObserved(mcp, (map) => map);
  const { document } = store.get();
  return useMemo(
    () =>
      fittingBeside(
        { after, before },
        {
          document: withToolOutputs(document, { capabilities: known, mcp: servers }),
          ...{ capabilities: known ?? NONE, samples: seen },
        },
      ),
    [after, before, document, known, servers, seen],
  );
}
