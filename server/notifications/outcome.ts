/** What came of trying to send one. */
export type Outcome = Delivered | NotDelivered;

interface Delivered {
  error: null;
  status: number | null;
}

interface NotDelivered {
  /** For people. */
  error: string;
  status: number | null;
  /** Trying again would not change it. */
  isFinal: boolean;
  isGone?: true;
  /** The receiver has asked to be left alone for so long. */
  restMs?: number;
}
