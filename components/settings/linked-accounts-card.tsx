'use client';

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Answer, type ApiError, query } from '../data/index.ts';
import { startProvider } from '../session/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { PresentPassword, usePresentPassword } from './present-password.tsx';
import { words } from './words.ts';

type Identity = Answer<'me.identities'>['identities'][number];
type Provider = Answer<'auth.providers'>['providers'][number];

/** Accounts at other providers that sign this person in. */
export function LinkedAccounts({ hasPassword }: { hasPassword: boolean }) {
  const { data: known } = useQuery(query('me.identities', {}));
  const { data: offered } = useQuery(query('auth.providers', {}));
  const { data: kept } = useQuery(query('passkeys.list', {}));
  const [unlinking, setUnlinking] = useState<Identity>();
  const [linking, setLinking] = useState<Provider>();
  const providers = offered?.providers ?? [];
  if (!known || (known.identities.length === 0 && providers.length === 0)) return null;
  const isLastWayIn = !hasPassword && known.identities.length === 1 && kept?.passkeys.length === 0;
  const link = providers.map((provider) => (
    <Button key={provider.id} size="sm" onClick={() => setLinking(provider)}>
      {words.account.linkWith(provider.name)}
    </Button>
  ));
  return (
    <Card title={words.account.elsewhere} flush actions={link}>
      {known.identities.length === 0 ? (
        <p className="px-4 py-3 text-sm text-quiet">{words.account.noneElsewhere}</p>
      ) : (
        <Table
          label={words.account.elsewhere}
          rows={known.identities}
          keyOf={({ issuer }) => issuer}
          columns={[
            { key: 'issuer', title: words.account.provider, cell: ({ issuer }) => issuer },
            { key: 'at', title: words.account.linked, cell: (identity) => <Ago at={identity.linked_at} /> },
            {
              key: 'act',
              title: '',
              align: 'end',
              cell: (identity) => (
                <Button look="quiet" size="sm" disabled={isLastWayIn} onClick={() => setUnlinking(identity)}>
                  {words.account.unlink}
                  <span className="sr-only"> {identity.issuer}</span>
                </Button>
              ),
            },
          ]}
        />
      )}
      {isLastWayIn ? (
        <p className="border-t border-line px-4 py-2.5 text-sm text-quiet">{words.account.lastWayIn}</p>
      ) : null}
      {unlinking ? (
        <UnlinkDialog
          key={unlinking.issuer}
          identity={unlinking}
          hasPassword={hasPassword}
          onClose={() => setUnlinking(undefined)}
        />
      ) : null}
      {linking ? (
        <LinkDialog
          key={linking.id}
          provider={linking}
          hasPassword={hasPassword}
          onClose={() => setLinking(undefined)}
        />
      ) : null}
    </Card>
  );
}

function UnlinkDialog(props: { identity: Identity; hasPassword: boolean; onClose(): void }) {
  const { issuer } = props.identity;
  const present = usePresentPassword(props.hasPassword);
  const unlink = useAct('me.unlink', {
    refresh: [['me']],
    done: words.account.unlinked,
    onDone: props.onClose,
  });
  return (
    <FormDialog
      open
      onOpenChange={props.onClose}
      title={words.account.unlinkTitle(issuer)}
      description={words.account.unlinkNote}
      send={words.account.unlink}
      danger
      busy={unlink.isBusy}
      disabled={present.isMissing}
      onSend={() => unlink.run({ issuer, ...present.proof })}
    >
      <PresentPassword by={present} />
    </FormDialog>
  );
}

/** Away to the provider, and back to this page. */
function LinkDialog(props: { provider: Provider; hasPassword: boolean; onClose(): void }) {
  const { id, name } = props.provider;
  const present = usePresentPassword(props.hasPassword);
  const [isGoing, setGoing] = useState(false);
  const [error, setError] = useState<ApiError>();
  const go = () => {
    setGoing(true);
    startProvider(id, { link: true, next: '/settings/account', ...present.proof }).then(
      (url) => window.location.assign(url),
      (failure) => {
        setGoing(false);
        setError(failure as ApiError);
      },
    );
  };
  return (
    <FormDialog
      open
      onOpenChange={props.onClose}
      title={words.account.linkTitle(name)}
      description={words.account.linkNote}
      send={words.account.goOn}
      busy={isGoing}
      disabled={present.isMissing}
      onSend={go}
    >
      <PresentPassword by={present} />
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
    </FormDialog>
  );
}
