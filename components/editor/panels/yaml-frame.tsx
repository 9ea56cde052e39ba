import type { ReactNode } from 'react';
import { TextGhost } from '../text/text-ghost.tsx';
import { words } from '../words.ts';

/** The room of the text beside the canvas. */
export function YamlFrame({ onLeave, children }: { onLeave?(): void; children: ReactNode }) {
  return (
    <section
      aria-label={words.thePipelineAsYaml}
      onBlur={onLeave}
      className="flex min-h-0 w-88 shrink-0 flex-col border-l border-line bg-card 2xl:w-120"
    >
      {children}
    </section>
  );
}

/** As wide as the text that comes, so that the canvas moves once. */
export function YamlGhost() {
  return (
    <YamlFrame>
      <TextGhost />
    </YamlFrame>
  );
}
