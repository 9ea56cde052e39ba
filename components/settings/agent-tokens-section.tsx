'use client';

import { Bot, Plus } from 'lucide-react';
import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PagedTable } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button } from '../ui/button.tsx';
import { ConfirmDialog } from '../ui/dialog.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { Ago, Until } from '../ui/text.tsx';
import { NotYours, RevealDialog, Stopped } from './parts.tsx';
import { tokensWords } from './tokens-words.ts';
import { words } from './words.ts';

type Token = Answer<'agentTokens.list'>['agent_tokens'][number];

export function AgentTokensSection() {
  const may = useMay();
  if (!may('key.read')) return <NotYours />;
  return <Tokens canManage={may('key.manage')} />;
}

function Tokens({ canManage }: { canManage: boolean }) {
  const [isMaking, setMaking] = useState(false);
  const [shown, setShown] = useState<string | null>(null);
  const [ending, setEnding] = useState<Token>();
  const revoke = useAct('agentTokens.revoke', { done: tokensWords.revoked });
  return (
    <Card
      title={words.sections['agent-tokens']}
      flush
      actions={
        canManage ? (
          <Button icon={Plus} size="sm" onClick={() => setMaking(true)}>
            {tokensWords.new}
          </Button>
        ) : undefined
      }
    >
      <PagedTable
        label={words.sections['agent-tokens']}
        path="agentTokens.list"
        rowsOf={(page) => page.agent_tokens}
        keyOf={(token) => token.id}
        empty={{
          icon: Bot,
          title: tokensWords.none,
          note: tokensWords.noneNote,
        }}
        columns={tokenColumns({ canManage, end: setEnding })}
      />
      <NewTokenDialog open={isMaking} onOpenChange={setMaking} onMade={setShown} />
      <RevealDialog
        title={tokensWords.made}
        secret={shown}
        what={tokensWords.what}
        onClose={() => setShown(null)}
      />
      <ConfirmDialog
        open={ending !== undefined}
        onOpenChange={() => setEnding(undefined)}
        title={tokensWords.revokeTitle(ending?.agent ?? '')}
        consequence={tokensWords.revokeNote}
        confirmLabel={tokensWords.revoke}
        danger
        onConfirm={() => {
          if (ending) revoke.run({ id: ending.id });
        }}
      />
    </Card>
  );
}

interface NewTokenProps {
  open: boolean;
  onOpenChange(open: boolean): void;
  onMade(token: string): void;
}

function NewTokenDialog({ open, onOpenChange, onMade }: NewTokenProps) {
  const [agent, setAgent] = useState('');
  const create = useAct('agentTokens.create', {
    inDialog: open,
    onDone({ token }) {
      onOpenChange(false);
      setAgent('');
      onMade(token);
    },
  });
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={tokensWords.newTitle}
      description={tokensWords.newNote}
      send={tokensWords.make}
      busy={create.isBusy}
      failure={create.error}
      disabled={agent.trim() === ''}
      onSend={() => create.run({ agent })}
    >
      <Field label={tokensWords.agent} hint={tokensWords.agentHint}>
        <TextInput
          value={agent}
          onChange={setAgent}
          required
          maxLength={128}
          placeholder={tokensWords.agentExample}
          mono
        />
      </Field>
    </FormDialog>
  );
}

function tokenColumns({
  canManage,
  end,
}: {
  canManage: boolean;
  end(token: Token): void;
}): TableColumn<Token>[] {
  return [
    {
      key: 'agent',
      title: tokensWords.agent,
      cell: (token) => (
        <>
          <span className="font-medium">{token.agent}</span>{' '}
          <span className="font-mono text-xs text-quiet">…{token.last_four}</span>
          <Stopped because={token.stopped_because} />
        </>
      ),
    },
    {
      key: 'used',
      title: tokensWords.lastUsed,
      cell: (token) => (token.last_used_at ? <Ago at={token.last_used_at} /> : words.never),
    },
    {
      key: 'ends',
      title: tokensWords.ends,
      wideOnly: true,
      cell: (token) => (token.expires_at ? <Until at={token.expires_at} /> : words.never),
    },
    {
      key: 'act',
      title: '',
      align: 'end',
      cell: (token) =>
        canManage ? (
          <Button look="quiet" size="sm" onClick={() => end(token)}>
            {tokensWords.revoke}
            <span className="sr-only"> {tokensWords.ofAgent(token.agent)}</span>
          </Button>
        ) : null,
    },
  ];
}
