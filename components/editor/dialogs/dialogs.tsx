'use client';

import { useEditor } from '../context.ts';
import { useObserved } from '../store/observable.ts';
import { VersionsDrawer } from '../versions/versions-drawer.tsx';
import { AddDialog } from './add-dialog.tsx';
import { ConnectDialog } from './connect-dialog.tsx';
import { DryRunDialog } from './dry-run-dialog.tsx';
import { PublishDialog } from './publish-dialog.tsx';
import { RunDialog } from './run-dialog.tsx';
import { SearchDialog } from './search-dialog.tsx';

/** The one dialog that is open, if any. */
export function Dialogs() {
  const { asked } = useEditor();
  const current = useObserved(asked, (value) => value);
  if (current === null) return null;
  // Another may have been asked for meanwhile, as when publishing leads to running.
  const close = () => {
    if (asked.get() === current) asked.set(null);
  };
  switch (current.kind) {
    case 'add':
      return <AddDialog asked={current} onClose={close} />;
    case 'connect':
      return <ConnectDialog from={current.from} onClose={close} />;
    case 'search':
      return <SearchDialog onClose={close} />;
    case 'publish':
      return <PublishDialog thenRun={current.thenRun} onClose={close} />;
    case 'run':
      return <RunDialog key={current.from ?? ''} from={current.from} onClose={close} />;
    case 'dry-run':
      return <DryRunDialog onClose={close} />;
    case 'versions':
      return <VersionsDrawer onClose={close} />;
  }
}
