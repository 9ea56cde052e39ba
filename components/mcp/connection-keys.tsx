import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type Answer, type Input, query } from '../data/index.ts';
import { FormDialog } from '../shell/form-dialog.tsx';
import { PresentPassword, usePresentPassword } from '../shell/present-password.tsx';
import { useAct } from '../shell/use-act.ts';
import { Field, TextInput } from '../ui/field.tsx';
import { EMPTY } from './connect/form.ts';
import type { Keys } from './keys-of.ts';
import { useSealedHint } from './use-sealed-hint.ts';
import { words } from './words.ts';

interface Props {
  connection: Answer<'mcp.connection'>;
  keys: Keys;
  onClose(): void;
}

/** What opens the server to us, typed anew as a whole: nobody can read what is there. */
export function ConnectionKeys({ connection, keys, onClose }: Props) {
  const { id, kind } = connection;
  const isProgram = kind === 'stdio';
  const hint = useSealedHint();
  const [values, setValues] = useState<Record<string, string>>({});
  const [name, setName] = useState(isProgram ? '' : EMPTY.header);
  const { data: me } = useQuery({ ...query('me.get', {}), enabled: isProgram });
  const present = usePresentPassword(me?.account?.has_password ?? false);
  const update = useAct('mcp.update', { done: words.keys.changed, inDialog: true, onDone: onClose });
  const asked = keys.asked.length > 0 ? keys.asked : [{ key: name, label: words.keys.value, required: true }];
  const given = asked.flatMap(({ key }) => (values[key] ? [[key, values[key]]] : []));
  return (
    <FormDialog
      open
      onOpenChange={onClose}
      title={words.keys.change}
      description={words.keys.note}
      send={words.save}
      busy={update.isBusy}
      failure={update.error}
      onSend={() => {
        const proof = isProgram ? present.proof : {};
        update.run({ id, [keys.as]: Object.fromEntries(given), ...proof } as Input<'mcp.update'>);
      }}
    >
      {keys.asked.length > 0 ? null : (
        <Field label={isProgram ? words.keys.variable : words.header}>
          <TextInput mono required value={name} onChange={setName} />
        </Field>
      )}
      {asked.map(({ key, label, required }) => (
        <Field
          key={keys.asked.length > 0 ? key : ''}
          label={required ? label : words.ifAny(label)}
          hint={hint}
        >
          <TextInput
            type="password"
            autoComplete="off"
            mono
            required={required}
            value={values[key] ?? ''}
            onChange={(value) => setValues({ ...values, [key]: value })}
          />
        </Field>
      ))}
      {isProgram && me ? <PresentPassword by={present} /> : null}
    </FormDialog>
  );
}
