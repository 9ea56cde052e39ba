'use client';

import { useState } from 'react';
import type { RunId } from '../../server/domain/ids.ts';
import type { Answer } from '../data/index.ts';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Card } from '../ui/surface.tsx';
import { Until } from '../ui/text.tsx';
import { words } from './words.ts';

type Claim = Answer<'workspaces.get'>['claims'][number];

export function ClaimList({ runId, claims }: { runId: RunId; claims: readonly Claim[] }) {
  const canForce = useMay()('workspace.force');
  const [going, setGoing] = useState<Claim>();
  const force = useAct('workspaces.forceRelease', { done: words.released });
  return (
    <Card title={words.claims} flush>
      {claims.length === 0 ? <p className="px-4 py-3 text-sm text-quiet">{words.noClaims}</p> : null}
      <ul aria-label={words.claims}>
        {claims.map((claim) => (
          <li
            key={claim.lease_id}
            className="flex items-center gap-2 border-b border-line px-4 py-2 text-sm last:border-b-0"
          >
            <div className="min-w-0 grow">
              <p className="truncate font-medium">{claim.name}</p>
              <p className="truncate font-mono text-xs text-quiet">{claim.patterns.join(', ')}</p>
              <p className="text-xs text-quiet">
                {words.ends} <Until at={claim.until} />
              </p>
            </div>
            {canForce ? (
              <Button size="sm" look="quiet" onClick={() => setGoing(claim)}>
                {words.release}
                <span className="sr-only"> {claim.name}</span>
              </Button>
            ) : null}
          </li>
        ))}
      </ul>
      <ConfirmDialog
        open={going !== undefined}
        onOpenChange={() => setGoing(undefined)}
        title={words.releaseTitle(going?.name ?? '')}
        consequence={words.releaseConsequence}
        confirmLabel={words.release}
        danger
        asksReason
        onConfirm={(reason) => {
          if (going) force.run({ id: runId, lease_id: going.lease_id, reason });
        }}
      />
    </Card>
  );
}
