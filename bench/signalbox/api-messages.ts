export interface Asked {
  name: string;
  path: string;
  /** Left out: it is read with GET. */
  body?: object;
}

export type ClientOrder =
  | { type: 'time'; asked: readonly Asked[]; each: number }
  | { type: 'load'; asked: readonly Asked[]; forMs: number; connections: number };

export interface Load {
  perSecond: number;
  requests: number;
  errors: number;
  /** In milliseconds, of each that was asked. */
  times: number[][];
}
