'use client';

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { ApiError, meanOrg, query, useFreshOnReturn } from '../data/index.ts';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useToast } from '../ui/toast.tsx';
import { enterOrg } from './enter-org.ts';
import { words } from './words.ts';

/** Who is signed in, as what, and in which organisation. */
const ME = [['me']];

/**
 * A tab shows one organisation. When the session goes over to another one elsewhere, the line is cut, everything shown is
 * asked for anew, and the first answer says so: then this tab asks where to go on, and mixes nothing.
 */
export function OrgGuard() {
  const queries = useQueryClient();
  const toast = useToast();
  const { data: me } = useQuery(query('me.get', {}));
  useFreshOnReturn({ keys: ME });
  const [shown, setShown] = useState<{ id: string; name: string | null }>();
  const [hasMoved, setMoved] = useState(false);
  const { data: mine } = useQuery({ ...query('orgs.mine', {}), enabled: hasMoved, staleTime: 0 });
  useEffect(() => {
    if (!me || shown) return;
    meanOrg(me.org_id);
    setShown({ id: me.org_id, name: me.org_name });
  }, [me, shown]);
  useEffect(() => {
    const look = (error: unknown) => {
      if (error instanceof ApiError && error.code === 'OTHER_ORG') setMoved(true);
    };
    const stops = [
      queries.getQueryCache().subscribe(({ query: asked }) => look(asked.state.error)),
      queries.getMutationCache().subscribe(({ mutation }) => look(mutation?.state.error)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [queries]);
  if (!hasMoved || !shown) return null;
  const current = mine?.orgs.find((org) => org.is_current);
  const here = shown.name ?? words.moved.here;
  const there = current?.name ?? words.moved.there;
  const back = () => {
    const { pathname, search } = window.location;
    enterOrg(shown.id, pathname + search).catch((error: Error) =>
      toast({ title: words.stayed, description: error.message, isFailure: true }),
    );
  };
  return (
    <Dialog
      open
      // Closing it would leave a page that shows one organisation and is refused by the other.
      onOpenChange={() => undefined}
      title={words.moved.title}
      description={words.moved.note(here, there)}
      actions={
        <>
          <Button onClick={back}>{words.moved.back(here)}</Button>
          <Button look="primary" onClick={() => window.location.assign('/')}>
            {words.moved.on(there)}
          </Button>
        </>
      }
    />
  );
}
