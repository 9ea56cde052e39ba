import { useState } from 'react';
import type { Answer } from '../data/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { useAct } from '../shell/use-act.ts';
import { Field, TextInput } from '../ui/field.tsx';
import { words } from './words.ts';

type Connection = Answer<'mcp.connection'>;

const SECOND_MS = 1000;
const KILOBYTE = 1024;

/** As people say them: whole seconds and kilobytes. The bounds are those of the API. */
const LIMITS = {
  calls_per_minute: { label: words.reach.perMinute, unit: 1, least: 1, most: 1_000_000 },
  max_concurrent: { label: words.reach.atOnce, unit: 1, least: 1, most: 1000 },
  timeout_ms: { label: words.reach.timeoutSeconds, unit: SECOND_MS, least: 0.1, most: 3600 },
  max_result_bytes: { label: words.reach.largestKilobytes, unit: KILOBYTE, least: 1, most: 65_536 },
} as const;
type Limit = keyof typeof LIMITS;
const NAMES = Object.keys(LIMITS) as Limit[];

/** How much of it is called, and how long it is waited for. */
export function ConnectionLimits({ connection, onClose }: { connection: Connection; onClose(): void }) {
  const [texts, setTexts] = useState(() =>
    Object.fromEntries(NAMES.map((name) => [name, String(connection[name] / LIMITS[name].unit)])),
  );
  const update = useAct('mcp.update', { done: words.reach.changed, inDialog: true, onDone: onClose });
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={words.reach.change}
      description={words.reach.changeNote}
      send={words.save}
      busy={update.isBusy}
      failure={update.error}
      onSend={() => {
        const limits = NAMES.map((name) => [name, Math.round(Number(texts[name]) * LIMITS[name].unit)]);
        update.run({ id: connection.id, ...Object.fromEntries(limits) });
      }}
    >
      {NAMES.map((name) => {
        const { label, unit, least, most } = LIMITS[name];
        return (
          <Field key={name} label={label}>
            <TextInput
              type="number"
              required
              min={least}
              max={most}
              step={unit === 1 ? 1 : 'any'}
              value={texts[name] ?? ''}
              onChange={(text) => setTexts({ ...texts, [name]: text })}
            />
          </Field>
        );
      })}
    </FormDialog>
  );
}
