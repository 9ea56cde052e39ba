'use client';

import { useQuery } from '@tanstack/react-query';
import { Plus, Scale, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { type Answer, type Input, query } from '../data/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PagedTable, useWholeList } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { useMay } from '../shell/use-may.ts';
import { Button, IconButton } from '../ui/button.tsx';
import { Field, TextInput } from '../ui/field.tsx';
import { keepFocus } from '../ui/keep-focus.ts';
import { Select } from '../ui/select.tsx';
import { Card } from '../ui/surface.tsx';
import type { TableColumn } from '../ui/table.tsx';
import { words } from './words.ts';

type Rule = Answer<'mcpRules.list'>['rules'][number];
type NewRule = Input<'mcpRules.create'>;
type Effect = NewRule['effect'];
type Kind = NewRule['who']['kind'];

const ALL = 'all';
const EFFECTS = (['allow', 'ask', 'deny'] as const).map((value) => ({ value, label: words.effects[value] }));
const KINDS = (['everybody', 'role', 'caller', 'agent', 'pipeline'] as const).map((value) => ({
  value,
  label: words.subjects[value],
}));
const ROLES = (['owner', 'admin', 'designer', 'operator', 'viewer', 'auditor'] as const).map((value) => ({
  value,
  label: words.roles[value],
}));

function useConnections() {
  const { rows = [] } = useWholeList('mcp.connections', { limit: 200 }, (page) => page.connections);
  return rows;
}

function useServers() {
  const { rows = [] } = useWholeList('mcpServers.list', { limit: 200 }, (page) => page.servers);
  return rows;
}

/** Of those that fit the strictest holds, so their order says nothing. */
export function Rules() {
  const canManage = useMay()('mcp.manage');
  const [isAdding, setAdding] = useState(false);
  const connections = useConnections();
  const servers = useServers();
  const nameOf = (id: string | null) =>
    id === null ? words.allConnections : (connections.find((each) => each.id === id)?.name ?? id);
  const serverOf = (id: string | null) =>
    id === null ? words.anyServer : (servers.find((each) => each.id === id)?.name ?? id);
  const columns: TableColumn<Rule>[] = [
    { key: 'effect', title: words.effect, cell: ({ effect }) => words.effects[effect] },
    { key: 'who', title: words.who, cell: ({ who }) => words.subject(who.kind, who.subject) },
    { key: 'where', title: words.where, cell: ({ connection_id: id }) => nameOf(id) },
    { key: 'through', title: words.through, cell: ({ server_id: id }) => serverOf(id) },
    {
      key: 'tool',
      title: words.tool,
      cell: ({ tool }) =>
        tool === null ? words.allTools : <span className="font-mono text-sm">{tool}</span>,
    },
    { key: 'do', title: '', align: 'end', cell: (rule) => (canManage ? <Delete rule={rule} /> : null) },
  ];
  return (
    <div className="flex flex-col gap-4">
      <Card
        title={words.tabs.rules}
        flush
        actions={
          canManage ? (
            <Button icon={Plus} size="sm" onClick={() => setAdding(true)}>
              {words.addRule}
            </Button>
          ) : undefined
        }
      >
        <PagedTable
          label={words.tabs.rules}
          path="mcpRules.list"
          rowsOf={(page) => page.rules}
          keyOf={({ id }) => id}
          columns={columns}
          empty={{ icon: Scale, title: words.noRules, note: words.noRulesNote }}
        />
      </Card>
      <Judge />
      <RuleDialog open={isAdding} onOpenChange={setAdding} />
    </div>
  );
}

function Delete({ rule: { id } }: { rule: Rule }) {
  const remove = useAct('mcpRules.delete', { done: words.ruleDeleted, refresh: [['mcpRules']] });
  return (
    <IconButton
      label={words.deleteRule}
      icon={Trash2}
      size="sm"
      disabled={remove.isBusy}
      onClick={() => {
        keepFocus();
        remove.run({ id });
      }}
    />
  );
}

interface Form {
  effect: Effect;
  kind: Kind;
  subject: string;
  connection: string;
  server: string;
  tool: string;
}
const EMPTY: Form = {
  ...{ effect: 'ask', kind: 'everybody', subject: '' },
  ...{ connection: ALL, server: ALL, tool: '' },
};

function toRule({ effect, kind, subject, connection, server, tool }: Form): NewRule {
  const who = (kind === 'everybody' ? { kind } : { kind, subject }) as NewRule['who'];
  return {
    ...{ effect, who, tool: tool === '' ? null : tool },
    connection_id: (connection === ALL ? null : connection) as NewRule['connection_id'],
    server_id: (server === ALL ? null : server) as NewRule['server_id'],
  };
}

function RuleDialog({ open, onOpenChange }: { open: boolean; onOpenChange(open: boolean): void }) {
  const [form, setForm] = useState(EMPTY);
  const create = useAct('mcpRules.create', {
    inDialog: open,
    done: words.ruleAdded,
    refresh: [['mcpRules']],
    onDone() {
      setForm(EMPTY);
      onOpenChange(false);
    },
  });
  const set = (part: Partial<Form>) => setForm({ ...form, ...part });
  const connections = useConnections();
  return (
    <FormDialog
      open={open}
      onOpenChange={onOpenChange}
      title={words.addRule}
      description={words.rulesNote}
      send={words.add}
      busy={create.isBusy}
      failure={create.error}
      onSend={() => create.run(toRule(form))}
    >
      <SubjectFields form={form} set={set} />
      <ConnectionChoice
        all
        connections={connections}
        value={form.connection}
        onChange={(connection) => set({ connection })}
      />
      <ServerChoice
        none={words.anyServer}
        hint={words.throughHint}
        value={form.server}
        onChange={(server) => set({ server })}
      />
      <Field label={words.tool} hint={words.toolHint}>
        <TextInput
          mono
          value={form.tool}
          onChange={(tool) => set({ tool })}
          placeholder={words.toolPattern}
          maxLength={128}
        />
      </Field>
      <Field label={words.effect}>
        <Select
          label={words.effect}
          value={form.effect}
          choices={EFFECTS}
          onChange={(effect) => set({ effect })}
        />
      </Field>
    </FormDialog>
  );
}

function SubjectFields({ form, set }: { form: Form; set(part: Partial<Form>): void }) {
  return (
    <>
      <Field label={words.who}>
        <Select
          label={words.who}
          value={form.kind}
          choices={KINDS}
          onChange={(kind) => set({ kind, subject: kind === 'role' ? 'designer' : '' })}
        />
      </Field>
      {form.kind === 'role' ? (
        <Field label={words.subjects.role}>
          <Select
            label={words.subjects.role}
            value={form.subject}
            choices={ROLES}
            onChange={(subject) => set({ subject })}
          />
        </Field>
      ) : null}
      {form.kind === 'everybody' || form.kind === 'role' ? null : (
        <Field label={words.subjects[form.kind]} hint={words.subjectHints[form.kind]}>
          <TextInput mono required value={form.subject} onChange={(subject) => set({ subject })} />
        </Field>
      )}
    </>
  );
}

function ConnectionChoice(props: {
  all?: boolean;
  connections: readonly { id: string; name: string }[];
  value: string;
  onChange(value: string): void;
}) {
  const choices = [
    ...(props.all ? [{ value: ALL, label: words.allConnections }] : []),
    ...props.connections.map(({ id, name }) => ({ value: id, label: name })),
  ];
  return (
    <Field label={words.where}>
      <Select label={words.where} value={props.value} choices={choices} onChange={props.onChange} />
    </Field>
  );
}

/** Where there is no virtual server, nobody is asked for one. */
function ServerChoice(props: { none: string; hint?: string; value: string; onChange(value: string): void }) {
  const servers = useServers();
  if (servers.length === 0) return null;
  const choices = [
    { value: ALL, label: props.none },
    ...servers.map(({ id, name }) => ({ value: id as string, label: name })),
  ];
  return (
    <Field label={words.through} hint={props.hint}>
      <Select label={words.through} value={props.value} choices={choices} onChange={props.onChange} />
    </Field>
  );
}

/** What would become of a call, without making it. */
function Judge() {
  const connections = useConnections();
  const [chosen, setChosen] = useState('');
  const [server, setServer] = useState(ALL);
  const [tool, setTool] = useState('');
  const [role, setRole] = useState<(typeof ROLES)[number]['value']>('designer');
  const connection = chosen === '' ? (connections[0]?.id ?? '') : chosen;
  const { data } = useQuery({
    ...query('mcpRules.judge', {
      role,
      tool,
      connection_id: connection as Input<'mcpRules.judge'>['connection_id'],
      ...(server === ALL ? {} : { server_id: server as Input<'mcpRules.judge'>['server_id'] }),
    }),
    enabled: tool !== '' && connection !== '',
  });
  if (connections.length === 0) return null;
  return (
    <Card title={words.judgeTitle}>
      <div className="flex flex-wrap items-end gap-3">
        <Field label={words.subjects.role}>
          <Select label={words.subjects.role} value={role} choices={ROLES} onChange={setRole} />
        </Field>
        <ConnectionChoice connections={connections} value={connection} onChange={setChosen} />
        <ServerChoice none={words.noServer} value={server} onChange={setServer} />
        <Field label={words.tool}>
          <TextInput mono value={tool} onChange={setTool} placeholder={words.toolExample} maxLength={128} />
        </Field>
      </div>
      <p role="status" className="mt-3 text-sm">
        {data && tool !== '' ? words.judged(data.effect, data.rule_id !== null) : words.judgeHint}
      </p>
    </Card>
  );
}
