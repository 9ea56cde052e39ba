'use client';

import dynamic from 'next/dynamic';
import { patiently } from '../../ui/patiently.ts';
import { useEditor } from '../context.ts';
import { useObserved } from '../store/observable.ts';
import { AddDialog } from './add-dialog.tsx';

// All but the one that begins a pipeline come when they are asked for: some bring the domain with them.
const ConnectDialog = dynamic(
  patiently(() => import('./connect-dialog.tsx').then((module) => module.ConnectDialog)),
);
const SearchDialog = dynamic(
  patiently(() => import('./search-dialog.tsx').then((module) => module.SearchDialog)),
);
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
