/** What the harness and the processes of this bench say to each other. */
export interface GatewayOrder {
  databaseUrl: string;
  dataDir: string;
  /** Beside those of the bench. */
  settings?: Record<string, string>;
}

/** `look-closely` costs compiled code, so nothing is timed after it. */
export type ToProcess = 'look' | 'look-closely' | 'stop';

/** How a process does: what it has used so far, and what it holds. */
export interface Look {
  /** Until it was asked. */
  cpuMs: number;
  /** What looking took, its collection of garbage above all. */
  lookCpuMs: number;
  rssMib: number;
  heapMib: number;
  /** Without what V8 keeps empty; null where nobody looked closely. */
  leanRssMib: number | null;
  /** As far as the system tells; 0 elsewhere. */
  files: number;
  children: number;
  databaseConnections: number;
  /** Of programs that it has started. */
  folders: number;
}

export type FromProcess = { type: 'ready'; origin: string; secret: string } | ({ type: 'look' } & Look);
