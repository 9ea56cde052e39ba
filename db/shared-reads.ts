/** Puts a question, or waits with all others who have the same one. Equal keys stand for equal questions. */
export type Share = <Answer>(key: string, read: () => Promise<Answer>) => Promise<Answer>;

interface Reading {
  next?: { answer: Promise<unknown>; begin(): void };
}

/**
 * Who asks just what others are asking is answered together with them, so that a thousand panels which look at one list at
 * the same moment cost a reading or two. Nobody's answer is older than the question: what is being read already is not
 * joined; all who come meanwhile wait for the reading after it. They get the very same objects, which none may change.
 */
export function createSharedReads(): Share {
  const underWay = new Map<string, Reading>();

  async function begin<Answer>(key: string, read: () => Promise<Answer>): Promise<Answer> {
    const reading: Reading = {};
    underWay.set(key, reading);
    try {
      return await read();
    } finally {
      underWay.delete(key);
      reading.next?.begin();
    }
  }

  function waitFor(reading: Reading, key: string, read: () => Promise<unknown>): Promise<unknown> {
    if (!reading.next) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      reading.next = { answer: promise, begin: () => resolve(begin(key, read)) };
    }
    return reading.next.answer;
  }

  return <Answer>(key: string, read: () => Promise<Answer>) => {
    const reading = underWay.get(key);
    return reading ? (waitFor(reading, key, read) as Promise<Answer>) : begin(key, read);
  };
}
