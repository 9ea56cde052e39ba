import dynamic from 'next/dynamic';
import { patiently } from '../../ui/patiently.ts';
import { TextGhost } from './text-ghost.tsx';

/** Both bring CodeMirror with them, so they come when they are first looked at. */
export const CodeArea = dynamic(
  patiently(() => import('./code-area.tsx').then((module) => module.CodeArea)),
  {
    ssr: false,
    loading: TextGhost,
  },
);
export const TextDiff = dynamic(
  patiently(() => import('./text-diff.tsx').then((module) => module.TextDiff)),
  {
    ssr: false,
    loading: TextGhost,
  },
);
