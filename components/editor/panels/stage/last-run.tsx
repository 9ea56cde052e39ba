'use client';

import { jsonText } from '../../../looks/index.ts';
import { Code } from '../../../ui/text.tsx';
import { useEditor } from '../../context.ts';
import { useObserved } from '../../store/observable.ts';
import { words } from '../../words.ts';
import { Section } from '../fields.tsx';

const MAX_SHOWN = 4_000;

/** What the stage gave in the last run. */
export function LastRun({ stageKey }: { stageKey: string }) {
  const { samples } = useEditor();
  const output = useObserved(samples, (known) => known.get(stageKey));
  if (output === undefined) return null;
  const text = jsonText(output);
  return (
    <Section title={words.outputOfTheLastRun}>
      <Code label={words.outputOfTheLastRun}>
        {text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}\n…` : text}
      </Code>
    </Section>
  );
}
