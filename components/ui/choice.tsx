'use client';

import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox';
import { Radio } from '@base-ui/react/radio';
import { RadioGroup } from '@base-ui/react/radio-group';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import { Toggle } from '@base-ui/react/toggle';
import { ToggleGroup } from '@base-ui/react/toggle-group';
import { Check, Minus } from 'lucide-react';
import { type ReactNode, useId } from 'react';

export interface Choice<Value extends string> {
  value: Value;
  label: string;
}

export interface ChoiceProps<Value extends string> {
  label: string;
  value: Value;
  choices: readonly Choice<NoInfer<Value>>[];
  disabled?: boolean;
  onChange(value: NoInfer<Value>): void;
}

/** One of a few, all in sight; in several lines where they do not fit in one. */
export function Segments<Value extends string>({
  label,
  value,
  choices,
  disabled,
  onChange,
}: ChoiceProps<Value>) {
  return (
    <ToggleGroup
      aria-label={label}
      value={[value]}
      disabled={disabled ?? false}
      onValueChange={([next]) => {
        if (next !== undefined) onChange(next as Value);
      }}
      className="inline-flex max-w-full flex-wrap rounded-md border border-line bg-sunken p-0.5"
    >
      {choices.map((choice) => (
        <Toggle
          key={choice.value}
          value={choice.value}
          className="h-6.5 pointer-coarse:h-9 rounded-sm border border-transparent px-2.5 text-sm text-quiet not-data-disabled:hover:text-text data-disabled:opacity-50 data-pressed:border-line data-pressed:bg-card data-pressed:text-text data-pressed:shadow-card"
        >
          {choice.label}
        </Toggle>
      ))}
    </ToggleGroup>
  );
}

/** One of some, each with what is said about it. */
export function OptionCards<Value extends string>({
  label,
  value,
  choices,
  onChange,
}: {
  label: string;
  value: Value | undefined;
  choices: readonly (Choice<Value> & { note?: ReactNode })[];
  onChange(value: NoInfer<Value>): void;
}) {
  return (
    <RadioGroup
      aria-label={label}
      value={value ?? ''}
      onValueChange={(next) => onChange(next as Value)}
      className="flex flex-col gap-2"
    >
      {choices.map((choice) => (
        // biome-ignore lint/a11y/noLabelWithoutControl: the control is the radio of Base UI inside
        <label
          key={choice.value}
          className="flex cursor-default items-start gap-3 rounded-md border border-line px-3 py-2.5 hover:border-control has-data-checked:border-accent has-data-checked:bg-accent-soft"
        >
          <Radio.Root
            value={choice.value}
            className="mt-0.5 flex size-4 shrink-0 items-center justify-center rounded-full border border-control bg-card data-checked:border-accent data-checked:bg-accent"
          >
            <Radio.Indicator className="size-1.5 rounded-full bg-on-accent" />
          </Radio.Root>
          <span className="min-w-0 text-sm">
            <span className="block text-base font-medium">{choice.label}</span>
            {choice.note ? <span className="block text-quiet">{choice.note}</span> : null}
          </span>
        </label>
      ))}
    </RadioGroup>
  );
}

/** A finger may miss what is drawn by as much as a button would be larger. */
const FOR_FINGERS = 'relative pointer-coarse:after:absolute pointer-coarse:after:-inset-3';

const BOX =
  'flex size-4 shrink-0 items-center justify-center rounded-sm border border-control bg-card data-checked:border-accent data-checked:bg-accent data-checked:text-on-accent data-indeterminate:border-accent data-indeterminate:bg-accent data-indeterminate:text-on-accent data-disabled:opacity-50';

interface TickProps {
  label: string;
  checked: boolean;
  disabled?: boolean;
  onChange(checked: boolean): void;
}

/** The label is drawn beside it, or only said aloud, as in the rows of a table. */
export function Checkbox(
  props: TickProps & {
    some?: boolean;
    labelHidden?: boolean;
    /** Where what is around it has the focus and a key for it. */
    skipTab?: boolean;
  },
) {
  const { label, checked, some = false, labelHidden = false, disabled = false, onChange } = props;
  const id = useId();
  return (
    <span className="inline-flex min-h-6 pointer-coarse:min-h-9 items-center gap-2 text-base">
      <BaseCheckbox.Root
        id={id}
        {...(labelHidden ? { 'aria-label': label } : { 'aria-labelledby': `${id}-label` })}
        checked={checked}
        indeterminate={some}
        disabled={disabled}
        tabIndex={props.skipTab ? -1 : undefined}
        onCheckedChange={onChange}
        className={`${BOX} ${FOR_FINGERS}`}
      >
        <BaseCheckbox.Indicator>
          {some ? (
            <Minus aria-hidden size={12} strokeWidth={3} />
          ) : (
            <Check aria-hidden size={12} strokeWidth={3} />
          )}
        </BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      {labelHidden ? null : (
        <label id={`${id}-label`} htmlFor={id} className="pointer-coarse:py-2">
          {label}
        </label>
      )}
    </span>
  );
}

/** Takes effect at once; what has to be saved first is a checkbox. */
export function Switch(props: TickProps & { labelHidden?: boolean }) {
  const { label, checked, labelHidden = false, disabled = false, onChange } = props;
  const id = useId();
  return (
    <span className="inline-flex min-h-6 pointer-coarse:min-h-9 items-center gap-2 text-base">
      <BaseSwitch.Root
        id={id}
        {...(labelHidden ? { 'aria-label': label } : { 'aria-labelledby': `${id}-label` })}
        checked={checked}
        disabled={disabled}
        onCheckedChange={onChange}
        className={`flex h-4.5 w-8 shrink-0 rounded-full bg-control p-0.5 transition-colors duration-100 data-checked:bg-accent data-disabled:opacity-50 ${FOR_FINGERS}`}
      >
        <BaseSwitch.Thumb className="size-3.5 rounded-full bg-on-accent transition-transform duration-100 data-checked:translate-x-3.5" />
      </BaseSwitch.Root>
      {labelHidden ? null : (
        <label id={`${id}-label`} htmlFor={id} className="pointer-coarse:py-2">
          {label}
        </label>
      )}
    </span>
  );
}
