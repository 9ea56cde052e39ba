import { describe, expect, test } from 'vitest';
import { type EditorDocument, EMPTY_DOCUMENT } from '../model/document.ts';
import { createAutosave } from './autosave.ts';
import { whyNotWritten } from './why-not-written.ts';

class Stale extends Error {}

/** A draft on a server that two can write, and a clock that moves when it is told to. */
function makeRig() {
  const draft = { revision: 1, document: EMPTY_DOCUMENT, isAway: false };
  const timers = new Set<() => void>();
  const open = () =>
    createAutosave({
      revision: draft.revision,
      async save(revision, document) {
        await Promise.resolve();
        if (draft.isAway) throw new Error('The server does not answer.');
        if (revision !== draft.revision) throw new Stale();
        draft.document = document;
        return ++draft.revision;
      },
      isStale: (error) => error instanceof Stale,
      after(_, run) {
        timers.add(run);
        return () => timers.delete(run);
      },
    });
  const tick = async () => {
    const due = [...timers];
    timers.clear();
    for (const run of due) run();
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return { draft, open, tick, timers };
}

const named = (name: string): EditorDocument => ({ ...EMPTY_DOCUMENT, settings: { name } });

describe('autosave', () => {
  test('writes the last of a burst once, on the revision that it wrote before', async () => {
    const { draft, open, tick } = makeRig();
    const autosave = open();
    for (const name of ['a', 'b', 'c']) autosave.changed(named(name));
    expect(autosave.get().phase).toBe('waiting');
    await tick();
    expect(draft).toMatchObject({ revision: 2, document: named('c') });
    autosave.changed(named('d'));
    await tick();
    expect(draft).toMatchObject({ revision: 3, document: named('d') });
    expect(autosave.get().phase).toBe('saved');
  });

  test('what changes while it is written is written next', async () => {
    const { draft, open, tick } = makeRig();
    const autosave = open();
    autosave.changed(named('a'));
    const flushed = autosave.flush();
    autosave.changed(named('b'));
    expect(await flushed).toBe(true);
    expect(draft).toMatchObject({ revision: 3, document: named('b') });
    await tick();
    expect(draft.revision).toBe(3);
  });

  test('of two that edit one draft the second is told, and nothing of either is lost', async () => {
    const { draft, open, tick } = makeRig();
    const [mine, theirs] = [open(), open()];
    theirs.changed(named('theirs'));
    await tick();
    mine.changed(named('mine'));
    await tick();
    expect(mine.get().phase).toBe('conflict');
    mine.changed(named('mine, later'));
    await tick();
    expect(await mine.flush()).toBe(false);
    expect(draft).toMatchObject({ revision: 2, document: named('theirs') });
    mine.adopt(draft.revision);
    mine.changed(named('both'));
    await tick();
    expect(draft).toMatchObject({ revision: 3, document: named('both') });
  });

  test('a server that is away is asked again until it has the newest', async () => {
    const { draft, open, tick, timers } = makeRig();
    const autosave = open();
    draft.isAway = true;
    autosave.changed(named('a'));
    await tick();
    expect(autosave.get()).toEqual({ phase: 'unsaved', message: 'The server does not answer.' });
    autosave.changed(named('b'));
    await tick();
    draft.isAway = false;
    await tick();
    expect(draft).toMatchObject({ revision: 2, document: named('b') });
    expect(timers.size).toBe(0);
  });

  test('after it is stopped nothing is written by itself', async () => {
    const { draft, open, tick } = makeRig();
    const autosave = open();
    autosave.changed(named('a'));
    autosave.stop();
    await tick();
    autosave.changed(named('b'));
    await tick();
    expect(draft.revision).toBe(1);
  });

  test('a draft that cannot be written says so to whoever wanted it written, and why', async () => {
    const { draft, open } = makeRig();
    const [mine, theirs] = [open(), open()];
    draft.isAway = true;
    mine.changed(named('mine'));
    expect(await mine.flush()).toBe(false);
    expect(whyNotWritten(mine.get()).message).toContain('The server does not answer.');
    draft.isAway = false;
    theirs.changed(named('theirs'));
    expect(await theirs.flush()).toBe(true);
    expect(await mine.flush()).toBe(false);
    expect(whyNotWritten(mine.get()).message).toContain('somebody else');
  });
});
