'use client';

import dynamic from 'next/dynamic';
import { patiently } from '../../ui/patiently.ts';
import { useEditor } from '../context.ts';
import { useObserved } from '../store/observable.ts';
import { AddDialog } from './add-dialog.tsx';
import { ConnectDialog } from './connect-dialog.tsx';
import { SearchDialog } from './search-dialog.tsx';

// Those that compare or judge graphs bring the domain with them, so they come when they are asked for.
const DryRunDialog = dynamic(
  patiently(() => import('./dry-run-dialog.tsx').then((module) => module.DryRunDialog)),
);
const PublishDialog = dynamic(
  patiently(() => import('./publish-dialog.tsx').then((module) => module.PublishDialog)),
);
const RunDialog = dynamic(patiently(() => import('./run-dialog.tsx').then((module) => module.RunDialog)));
const VersionsDrawer = dynamic(
  patiently(() => import('../versions/versions-drawer.tsx').then((module) => module.VersionsDrawer)),
);

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
      return <RunDialog key={current.from ?? ''} {...current} onClose={close} />;
    case 'dry-run':
      return <DryRunDialog onClose={close} />;
    case 'versions':
      return <VersionsDrawer onClose={close} />;
  }
}
