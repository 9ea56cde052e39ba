'use client';

import { useState } from 'react';
import type { Answer, Input } from '../data/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { useWholeList } from '../shell/paged-table.tsx';
import { useAct } from '../shell/use-act.ts';
import { Checkbox } from '../ui/choice.tsx';
import { Skeleton } from '../ui/feedback.tsx';
import { Field, TextArea, TextInput } from '../ui/field.tsx';
import { words } from './words.ts';

export type VirtualServer = Answer<'mcpServers.list'>['servers'][number];
type Entry = Input<'mcpServers.create'>['tools'][number];
/** The arguments as they are being typed. */
interface Chosen extends Omit<Entry, 'arguments'> {
  preset: string;
}

const keyOf = ({ connection_id, tool }: Pick<Entry, 'connection_id' | 'tool'>) => `${connection_id}/${tool}`;

/** Which tools, under what names, and with which arguments set. */
export function ServerDialog({ server, onClose }: { server: VirtualServer | null; onClose(): void }) {
  const [slug, setSlug] = useState(server?.slug ?? '');
  const [name, setName] = useState(server?.name ?? '');
  const [description, setDescription] = useState(server?.description ?? '');
  const [chosen, setChosen] = useState<readonly Chosen[]>(server?.tools.map(toChosen) ?? []);
  const options = { refresh: [['mcpServers']], inDialog: true, onDone: onClose };
  const create = useAct('mcpServers.create', { ...options, done: words.serverAdded });
  const update = useAct('mcpServers.update', { ...options, done: words.serverChanged });
  const isWrong = chosen.some(({ preset }) => readPreset(preset) === null);
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={server ? words.changeServer : words.addServer}
      width="lg"
      send={words.save}
      busy={create.isBusy || update.isBusy}
      failure={create.error ?? update.error}
      disabled={chosen.length === 0 || isWrong}
      onSend={() => {
        const fields = { name, description, tools: chosen.map(toEntry) };
        if (server) update.run({ id: server.id, ...fields });
        else create.run({ slug, ...fields });
      }}
    >
      <SlugField value={slug} onChange={setSlug} isFixed={server !== null} />
      <Field label={words.name}>
        <TextInput required value={name} onChange={setName} maxLength={200} />
      </Field>
      <Field label={words.description}>
        <TextArea rows={2} value={description} onChange={setDescription} maxLength={4000} />
      </Field>
      <ToolChoice chosen={chosen} onChange={setChosen} />
    </FormDialog>
  );
}

function SlugField({
  value,
  onChange,
  isFixed,
}: {
  value: string;
  onChange(value: string): void;
  isFixed: boolean;
}) {
  return (
    <Field label={words.slug} hint={words.slugHint}>
      <TextInput
        mono
        required
        value={value}
        onChange={onChange}
        disabled={isFixed}
        maxLength={32}
        pattern="[a-z][a-z0-9\-]{0,31}"
      />
    </Field>
  );
}

function toChosen({ connection_id, tool, ...given }: VirtualServer['tools'][number]): Chosen {
  return {
    ...{ connection_id, tool },
    ...(given.name === null ? {} : { name: given.name }),
    ...(given.title === null ? {} : { title: given.title }),
    ...(given.description === null ? {} : { description: given.description }),
    preset: given.arguments === null ? '' : JSON.stringify(given.arguments, null, 2),
  };
}

function toEntry({ preset, name, description, ...entry }: Chosen): Entry {
  const given = readPreset(preset);
  return {
    ...entry,
    ...(name ? { name } : {}),
    ...(description ? { description } : {}),
    ...(given && Object.keys(given).length > 0
      ? { arguments: given as NonNullable<Entry['arguments']> }
      : {}),
  };
}

/** Null: it is no JSON object. */
function readPreset(text: string): object | null {
  if (text.trim() === '') return {};
  try {
    const given: unknown = JSON.parse(text);
    return typeof given === 'object' && given !== null && !Array.isArray(given) ? given : null;
  } catch {
    return null;
  }
}

interface ChoiceProps {
  chosen: readonly Chosen[];
  onChange(chosen: readonly Chosen[]): void;
}

function ToolChoice({ chosen, onChange }: ChoiceProps) {
  const { rows } = useWholeList('mcp.connections', { limit: 200 }, (page) => page.connections);
  if (!rows) return <Skeleton label={words.tools(0)} rows={3} />;
  return (
    <fieldset className="flex flex-col gap-3">
      <legend className="text-sm font-medium">{words.toolsOfServer}</legend>
      {rows.map((connection) => (
        <ToolsOf key={connection.id} connection={connection} chosen={chosen} onChange={onChange} />
      ))}
      {rows.length === 0 ? <p className="text-sm text-quiet">{words.none}</p> : null}
    </fieldset>
  );
}

function ToolsOf({
  connection: { id, name: title },
  chosen,
  onChange,
}: ChoiceProps & { connection: { id: Entry['connection_id']; name: string } }) {
  const { rows } = useWholeList(
    'mcp.connectionTools',
    { id, state: 'approved', limit: 200 },
    (page) => page.tools,
  );
  if (!rows || rows.length === 0) return null;
  return (
    <div>
      <p className="text-xs text-quiet">{title}</p>
      <ul>
        {rows.map(({ name: tool, tokens }) => {
          const key = keyOf({ connection_id: id, tool });
          const entry = chosen.find((each) => keyOf(each) === key);
          const rest = chosen.filter((each) => each !== entry);
          return (
            <li key={tool} className="border-b border-line py-1 last:border-b-0">
              <div className="flex items-center justify-between gap-3">
                <Checkbox
                  label={tool}
                  checked={entry !== undefined}
                  onChange={(next) =>
                    onChange(next ? [...chosen, { connection_id: id, tool, preset: '' }] : rest)
                  }
                />
                <span className="text-xs tabular-nums text-quiet">{words.tokens(tokens)}</span>
              </div>
              {entry ? (
                <Overrides
                  entry={entry}
                  onChange={(changed) => onChange(chosen.map((each) => (each === entry ? changed : each)))}
                />
              ) : null}
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Overrides({ entry, onChange }: { entry: Chosen; onChange(entry: Chosen): void }) {
  const isWrong = readPreset(entry.preset) === null;
  return (
    <div className="grid gap-2 py-2 pl-6 sm:grid-cols-2">
      <Field label={words.renamed(entry.tool)}>
        <TextInput
          mono
          value={entry.name ?? ''}
          onChange={(name) => onChange({ ...entry, name })}
          pattern="[A-Za-z0-9_.\-]{1,128}"
        />
      </Field>
      <Field label={words.redescribed(entry.tool)}>
        <TextInput
          value={entry.description ?? ''}
          onChange={(description) => onChange({ ...entry, description })}
          maxLength={8000}
        />
      </Field>
      <div className="sm:col-span-2">
        <Field
          label={words.preset(entry.tool)}
          hint={words.presetHint}
          error={isWrong ? words.notJson : undefined}
        >
          <TextArea
            mono
            rows={2}
            value={entry.preset}
            onChange={(preset) => onChange({ ...entry, preset })}
          />
        </Field>
      </div>
    </div>
  );
}
