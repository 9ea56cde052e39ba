'use client';

import { onFailureOf } from '../../../../server/domain/graph/schema.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../../server/domain/json.ts';
import { Switch } from '../../../ui/choice.tsx';
import type { StageItem } from '../../model/document.ts';
import { words } from '../../words.ts';
import { ChoiceField, JsonField, NumberField, Section, TextField, TextsField } from '../fields.tsx';
import { MarkField } from '../mark-field.tsx';
import { panelWords } from '../words.ts';
import type { SetField } from './set-field.ts';

/** What is seldom changed: failures, time, agents, what comes out. */
export function LimitsSections({ stage, set }: { stage: StageItem; set: SetField }) {
  return (
    <>
      <Failures stage={stage} set={set} />
      <Timeouts stage={stage} set={set} />
      <Agents stage={stage} set={set} />
      <Section title={words.output} open={stage.outputSchema !== undefined}>
        <JsonField
          label={words.jsonSchemaOfTheOutput}
          hint={words.whatDoesNotFitFails}
          value={stage.outputSchema}
          onChange={(schema) => set('outputSchema', schema)}
          placeholder={words.typeObject}
        />
      </Section>
      <Sensitive stage={stage} set={set} />
    </>
  );
}

function Sensitive({ stage, set }: { stage: StageItem; set: SetField }) {
  const part = partOf(stage, 'sensitive', set);
  const { sensitive } = words;
  return (
    <Section title={sensitive.title} open={stage.sensitive !== undefined}>
      <p className="text-xs text-quiet">{sensitive.note}</p>
      <MarkField
        label={sensitive.input}
        value={part.get('input')}
        onChange={(mark) => part.put('input', mark)}
      />
      <MarkField
        label={sensitive.output}
        value={part.get('output')}
        onChange={(mark) => part.put('output', mark)}
      />
    </Section>
  );
}

interface Part {
  get(name: string): Json | undefined;
  number(name: string): number | undefined;
  texts(name: string): readonly string[] | undefined;
  put(name: string, value: Json | undefined): void;
}

/** A field that is an object of its own; without anything in it, it is left out. */
function partOf(stage: StageItem, field: string, set: SetField): Part {
  const part: JsonObject = isJsonObject(stage[field]) ? (stage[field] as JsonObject) : {};
  return {
    get: (name) => part[name],
    number: (name) => (typeof part[name] === 'number' ? (part[name] as number) : undefined),
    texts: (name) => (Array.isArray(part[name]) ? (part[name] as Json[]).map(String) : undefined),
    put(name, value) {
      const { [name]: _, ...rest } = part;
      const next = value === undefined ? rest : { ...part, [name]: value };
      set(field, Object.keys(next).length === 0 ? undefined : next);
    },
  };
}

const ON_FAILURE = [
  { value: 'fail-run', label: panelWords.onFailure['fail-run'] },
  { value: 'skip-dependents', label: panelWords.onFailure['skip-dependents'] },
  { value: 'continue', label: panelWords.onFailure.continue },
] as const;

function Failures({ stage, set }: { stage: StageItem; set: SetField }) {
  const retry = partOf(stage, 'retry', set);
  const isRequired = stage.required !== false;
  const byDefault = onFailureOf({ required: isRequired, onFailure: undefined });
  return (
    <Section title={words.failuresAndRetries}>
      <Switch
        label={words.theRunNeedsIt}
        checked={isRequired}
        onChange={(required) => set('required', required ? undefined : false)}
      />
      <ChoiceField
        label={words.whenItFailsForGood}
        value={typeof stage.onFailure === 'string' ? stage.onFailure : undefined}
        options={ON_FAILURE}
        unset={panelWords.byDefault(panelWords.onFailure[byDefault])}
        onChange={(value) => set('onFailure', value)}
      />
      <div className="grid grid-cols-2 gap-3">
        <NumberField
          label={words.attempts}
          value={retry.number('maxAttempts')}
          placeholder="1"
          onChange={(value) => retry.put('maxAttempts', value)}
        />
        <NumberField
          label={words.firstDelaySeconds}
          value={retry.number('initialSeconds')}
          placeholder="1"
          onChange={(value) => retry.put('initialSeconds', value)}
        />
      </div>
      <ChoiceField
        label={words.laterDelays}
        value={typeof retry.get('backoff') === 'string' ? String(retry.get('backoff')) : undefined}
        options={[
          { value: 'exponential', label: panelWords.backoff.exponential },
          { value: 'fixed', label: panelWords.backoff.fixed },
        ]}
        unset={panelWords.byDefault(panelWords.backoff.exponential)}
        onChange={(value) => retry.put('backoff', value)}
      />
    </Section>
  );
}

const TIMEOUTS = ['stageSeconds', 'queueSeconds', 'idleSeconds'] as const;

function Timeouts({ stage, set }: { stage: StageItem; set: SetField }) {
  const timeouts = partOf(stage, 'timeouts', set);
  return (
    <Section title={words.timeLimits}>
      {TIMEOUTS.map((name) => (
        <NumberField
          key={name}
          label={words.seconds(words.timeouts[name].label)}
          hint={words.timeouts[name].hint}
          placeholder={words.none}
          value={timeouts.number(name)}
          onChange={(value) => timeouts.put(name, value)}
        />
      ))}
    </Section>
  );
}

const PRIORITIES = ['high', 'medium', 'low'] as const;

function Agents({ stage, set }: { stage: StageItem; set: SetField }) {
  const agent = partOf(stage, 'agent', set);
  const put = (name: string) => (value: readonly string[] | undefined) =>
    agent.put(name, value && [...value]);
  return (
    <Section title={words.whichAgents}>
      <ChoiceField
        label={words.priority}
        value={typeof stage.priority === 'string' ? stage.priority : undefined}
        options={PRIORITIES.map((value) => ({ value, label: panelWords.priorities[value] }))}
        unset={panelWords.byDefault(panelWords.priorities.medium)}
        onChange={(value) => set('priority', value)}
      />
      <TextsField
        label={words.labelsItMustHave}
        value={agent.texts('requireLabels')}
        placeholder={words.gpuZoneEu}
        onChange={put('requireLabels')}
      />
      <TextsField
        label={words.furtherCapabilities}
        value={agent.texts('requireCapabilities')}
        onChange={put('requireCapabilities')}
      />
      <TextField
        label={words.onlyTheAgentNamed}
        value={typeof agent.get('pinned') === 'string' ? String(agent.get('pinned')) : undefined}
        placeholder={words.any}
        onChange={(value) => agent.put('pinned', value)}
      />
    </Section>
  );
}
