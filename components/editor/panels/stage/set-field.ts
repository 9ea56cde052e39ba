import type { Json } from '../../../../server/domain/json.ts';

/** Undefined takes the field away. */
export type SetField = (field: string, value: Json | undefined) => void;
