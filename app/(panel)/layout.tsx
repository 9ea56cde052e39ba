import type { ReactNode } from 'react';
import { Shell } from '../../components/shell/shell.tsx';

/** Pages for those who are signed in. */
export default function PanelLayout({ children }: { children: ReactNode }) {
  return <Shell>{children}</Shell>;
}
