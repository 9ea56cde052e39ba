import type { LucideIcon } from 'lucide-react';

interface Named {
  key: string;
  label: string;
  icon?: LucideIcon;
}

interface Offered {
  choices: readonly { value: string; label: string; icon?: LucideIcon }[];
  /** There are more than can be chosen from here. */
  isCut?: boolean;
}

/** `time` is a text of `time-range.ts`, `duration` one of `span.ts`. */
export type FilterDef = Named &
  (
    | ({ kind: 'choice' } & Offered)
    | ({ kind: 'multi' } & Offered)
    | {
        kind: 'text';
        hint?: string;
        placeholder?: string;
        mono?: boolean;
        /** Says what is wrong with it. */
        check?(text: string): string | undefined;
      }
    | { kind: 'time' }
    | { kind: 'duration' }
  );

/** Each value as it can stand in an address; that of `multi` is a list of them. */
export type FilterValue = string | readonly string[];
export type FilterValues = Readonly<Record<string, FilterValue | null | undefined>>;

export const isSet = (value: FilterValue | null | undefined): value is FilterValue =>
  value !== null && value !== undefined && value.length > 0;
