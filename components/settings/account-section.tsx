'use client';

import { useQuery } from '@tanstack/react-query';
import { Keyboard } from 'lucide-react';
import { useState } from 'react';
import { type Answer, query } from '../data/index.ts';
import { Broken } from '../shell/broken.tsx';
import { setSingleKeys, useKeyGroups, useSingleKeys } from '../shell/keys/index.ts';
import { ShowMore, usePages } from '../shell/paged-table.tsx';
import { PresentPassword, usePresentPassword } from '../shell/present-password.tsx';
import { ThemeChoice } from '../shell/theme-choice.tsx';
import { useAct } from '../shell/use-act.ts';
import { Button } from '../ui/button.tsx';
import { Switch } from '../ui/choice.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Card } from '../ui/surface.tsx';
import { Table } from '../ui/table.tsx';
import { Ago, Chip } from '../ui/text.tsx';
import { accountWords } from './account-words.ts';
import { browserName } from './browser-name.ts';
import { LinkedAccounts, LinkProblem } from './linked-accounts-card.tsx';
import { Passkeys } from './passkeys-card.tsx';
import { words } from './words.ts';

type Account = NonNullable<Answer<'me.get'>['account']>;

export function AccountSection() {
  const asked = useQuery(query('me.get', {}));
  const { data: me, error } = asked;
  if (error && !me) return <Broken of={asked} />;
  if (!me)
    return (
      <Card>
        <Skeleton label={accountWords.loading} />
      </Card>
    );
  return (
    <>
      <Broken of={asked} />
      {me.account ? (
        <>
          <LinkProblem />
          <Name key={me.account.name} account={me.account} />
          <Password account={me.account} />
          <Passkeys hasPassword={me.account.has_password} />
          <LinkedAccounts hasPassword={me.account.has_password} />
          <Sessions />
        </>
      ) : (
        <Card title={words.sections.account}>
          <p className="max-w-prose">{accountWords.byLink}</p>
          <p className="mt-1 max-w-prose text-sm text-quiet">{accountWords.inviteYourself}</p>
        </Card>
      )}
      <Card title={accountWords.appearance}>
        <ThemeChoice />
        <p className="mt-2 text-sm text-quiet">{accountWords.thisBrowser}</p>
      </Card>
      <Shortcuts />
    </>
  );
}

function Shortcuts() {
  const sheet = useKeyGroups()
    .flatMap(({ bindings }) => bindings)
    .find(({ keys }) => keys === '?');
  return (
    <Card title={accountWords.shortcuts}>
      <div className="flex flex-wrap items-center justify-between gap-3">
        <Switch label={accountWords.singleKeys} checked={useSingleKeys()} onChange={setSingleKeys} />
        <Button icon={Keyboard} onClick={() => sheet?.run()}>
          {accountWords.showKeys}
        </Button>
      </div>
      <p className="mt-2 text-sm text-quiet">{accountWords.singleKeysNote}</p>
    </Card>
  );
}

function Name({ account }: { account: Account }) {
  const [name, setName] = useState(account.name);
  const update = useAct('me.update', { done: accountWords.nameChanged });
  return (
    <Card title={words.sections.account}>
      <form
        className="flex max-w-sm flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          update.run({ name });
        }}
      >
        <Field label={accountWords.name}>
          <TextInput value={name} onChange={setName} required maxLength={200} autoComplete="name" />
        </Field>
        {account.email ? <p className="text-sm text-quiet">{account.email}</p> : null}
        <div>
          <Button type="submit" busy={update.isBusy} disabled={name.trim() === '' || name === account.name}>
            {accountWords.changeName}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Password({ account }: { account: Account }) {
  const [password, setPassword] = useState('');
  const present = usePresentPassword(account.has_password);
  const update = useAct('me.update', {
    refresh: [['me']],
    done: accountWords.passwordChanged,
    onDone() {
      setPassword('');
      present.clear();
    },
  });
  return (
    <Card title={accountWords.password}>
      <form
        className="flex max-w-sm flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          update.run({ password, ...present.proof });
        }}
      >
        {account.has_password ? <PresentPassword by={present} /> : null}
        <Field label={accountWords.newPassword} hint={accountWords.longEnough}>
          <TextInput
            value={password}
            onChange={setPassword}
            type="password"
            autoComplete="new-password"
            minLength={12}
            required
          />
        </Field>
        <div>
          <Button type="submit" busy={update.isBusy}>
            {account.has_password ? accountWords.changePassword : accountWords.setPassword}
          </Button>
        </div>
      </form>
    </Card>
  );
}

function Sessions() {
  const list = usePages('me.sessions', {}, (page) => page.sessions);
  const end = useAct('me.endSession', { done: accountWords.signedOut });
  return (
    <Card title={accountWords.sessions} flush>
      {list.rows ? (
        <Table
          label={accountWords.sessions}
          rows={list.rows}
          keyOf={({ id }) => id}
          columns={[
            {
              key: 'where',
              title: accountWords.browser,
              cell: (session) => (
                <span title={session.user_agent ?? undefined} className="flex flex-wrap items-center gap-2">
                  {session.user_agent ? browserName(session.user_agent) : accountWords.unknown}
                  {session.is_current ? <Chip>{accountWords.thisOne}</Chip> : null}
                </span>
              ),
            },
            { key: 'address', title: accountWords.from, wideOnly: true, cell: ({ address }) => address },
            {
              key: 'seen',
              title: accountWords.lastSeen,
              cell: (session) => <Ago at={session.last_seen_at} />,
            },
            {
              key: 'act',
              title: '',
              align: 'end',
              cell: (session) =>
                session.is_current ? null : (
                  <Button look="quiet" size="sm" onClick={() => end.run({ id: session.id })}>
                    {accountWords.signOut}
                  </Button>
                ),
            },
          ]}
        />
      ) : (
        <Skeleton label={accountWords.loadingSessions} rows={2} />
      )}
      <ShowMore of={list} />
    </Card>
  );
}
