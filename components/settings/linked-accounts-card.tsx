'use client';

import { useQuery } from '@tanstack/react-query';
import { useQueryState } from 'nuqs';
import { useState } from 'react';
import { type Answer, type ApiError, query } from '../data/index.ts';
import { startProvider } from '../session/index.ts';
import { ProofDialog } from '../shell/present-password.tsx';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/feedback.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Ago } from '../ui/text.tsx';
import { accountWords } from './account-words.ts';

type Identity = Answer<'me.identities'>['identities'][number];
type Provider = Answer<'auth.providers'>['providers'][number];

interface DialogProps {
  hasPassword: boolean;
  onClose(): void;
}

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
      {accountWords.linkWith(provider.name)}
    </Button>
  ));
  return (
    <Card title={accountWords.elsewhere} flush actions={link}>
      {known.identities.length === 0 ? (
        <p className="px-4 py-3 text-sm text-quiet">{accountWords.noneElsewhere}</p>
      ) : (
        <Table
          label={accountWords.elsewhere}
          rows={known.identities}
          keyOf={({ issuer }) => issuer}
          columns={[
            { key: 'issuer', title: accountWords.provider, cell: ({ issuer }) => issuer },
            { key: 'at', title: accountWords.linked, cell: (identity) => <Ago at={identity.linked_at} /> },
            {
              key: 'act',
              title: '',
              align: 'end',
              cell: (identity) => (
                <Button look="quiet" size="sm" disabled={isLastWayIn} onClick={() => setUnlinking(identity)}>
                  {accountWords.unlink}
                  <span className="sr-only"> {identity.issuer}</span>
                </Button>
              ),
            },
          ]}
        />
      )}
      {isLastWayIn ? (
        <p className="border-t border-line px-4 py-2.5 text-sm text-quiet">{accountWords.lastWayIn}</p>
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

function UnlinkDialog({ identity: { issuer }, ...rest }: DialogProps & { identity: Identity }) {
  const unlink = useAct('me.unlink', {
    refresh: [['me']],
    inDialog: true,
    done: accountWords.unlinked,
    onDone: rest.onClose,
  });
  return (
    <ProofDialog
      {...rest}
      title={accountWords.unlinkTitle(issuer)}
      description={accountWords.unlinkNote}
      send={accountWords.unlink}
      danger
      busy={unlink.isBusy}
      failure={unlink.error}
      onSend={(proof) => unlink.run({ issuer, ...proof })}
    />
  );
}

/** Away to the provider, and back to this page. */
function LinkDialog({ provider: { id, name }, ...rest }: DialogProps & { provider: Provider }) {
  const [isGoing, setGoing] = useState(false);
  const [error, setError] = useState<ApiError>();
  const go = (proof: object) => {
    setGoing(true);
    startProvider(id, { link: true, next: '/settings/account', ...proof }).then(
      (url) => window.location.assign(url),
      (failure) => {
        setGoing(false);
        setError(failure as ApiError);
      },
    );
  };
  return (
    <ProofDialog
      {...rest}
      title={accountWords.linkTitle(name)}
      description={accountWords.linkNote}
      send={accountWords.goOn}
      busy={isGoing}
      onSend={go}
    >
      {error ? <Notice message={error.message} advice={error.advice} /> : null}
    </ProofDialog>
  );
}

/** The way to a provider and back that linked nothing ends here: its code stands in the address. */
export function LinkProblem() {
  const [code, setCode] = useQueryState('problem');
  if (code === null) return null;
  const { linkProblems: known, otherLinkProblem: other, seen } = accountWords;
  const { message, advice } = (Object.hasOwn(known, code) ? known[code] : undefined) ?? other;
  return (
    <div className="[&>[role=alert]]:my-0">
      <Notice
        message={message}
        advice={advice}
        action={
          <Button size="sm" onClick={() => void setCode(null)}>
            {seen}
          </Button>
        }
      />
    </div>
  );
}
