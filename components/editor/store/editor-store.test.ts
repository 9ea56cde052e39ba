import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { graphSchema } from '../../../server/domain/graph/schema.ts';
import { arbitraryGraph } from '../../../server/testing/arbitrary-graphs.ts';
import type { Edit } from '../model/changes.ts';
import { type EditorDocument, writeDocument } from '../model/document.ts';
import { align, distribute } from '../model/edits/arrange.ts';
import {
  addNote,
  changeGroup,
  changeNote,
  groupStages,
  replaceDocument,
  ungroup,
} from '../model/edits/extras.ts';
import {
  addStage,
  moveItems,
  renameStage,
  setField,
  setSetting,
  setWhen,
  spliceStage,
} from '../model/edits/stages.ts';
import { noteId, stageId, wireId } from '../model/items.ts';
import { readDocument } from '../model/read-document.ts';
import { fingerprint, fromText, toYaml } from '../model/text.ts';
import { reachedFrom, wiringOf } from '../model/wiring.ts';
import { createEditorStore, type EditorStore } from './editor-store.ts';
import { TOOLS } from './tools.ts';

function open(value: unknown): EditorDocument {
  const read = readDocument(value);
  if (!read.ok) throw new Error(read.reason);
  return read.document;
}

const pick = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];

/** What a hand can do, each led by two numbers to whatever there is. */
const GESTURES: ((store: EditorStore, a: number, b: number) => void)[] = [
  (store, a, b) => perform(store, (document) => addStage(document, { type: 'echo', at: { x: a, y: b } })),
  (store, a, b) =>
    perform(store, (document) => {
      const after = pick(document.stages, b)?.key;
      return addStage(document, {
        type: 'sleep',
        title: 'Wait a bit',
        at: { x: a, y: b },
        ...(after ? { after } : {}),
      });
    }),
  (store, a, b) => {
    const { stages } = store.get().document;
    store.connect(pick(stages, a)?.key ?? '', pick(stages, b)?.key ?? '');
  },
  (store, a) =>
    onStage(store, a, (document, key) => setField(document, key, { field: 'name', value: `Name ${a}` })),
  (store, a, b) =>
    onStage(store, a, (document, key) => setField(document, key, { field: 'config', value: { ms: b } })),
  (store, a, b) => onStage(store, a, (document, key) => renameStage(document, key, `renamed-${a}-${b}`)),
  (store, a, b) =>
    onStage(store, a, (document, key) =>
      moveItems(document, new Map([[stageId(key), { x: b, y: a }]]), { burst: 'nudge' }),
    ),
  (store, a) => {
    store.select(
      store
        .get()
        .document.stages.filter((_, at) => (at + a) % 3 === 0)
        .map(({ key }) => stageId(key)),
    );
    store.remove();
  },
  (store, a) => {
    const wire = pick(store.get().document.dependencies, a);
    store.select(wire ? [wireId(wire)] : []);
    store.remove();
  },
  (store, a, b) =>
    perform(store, (document) => {
      const wire = pick(document.dependencies, a);
      return wire
        ? setWhen(document, wireId(wire), pick(['success', 'failure', { expression: 'true' }], b) ?? 'always')
        : null;
    }),
  (store, a, b) =>
    perform(store, (document) => {
      const wire = pick(document.dependencies, a);
      return wire ? spliceStage(document, wireId(wire), { type: 'echo', at: { x: a, y: b } }) : null;
    }),
  (store, a) => {
    store.select(
      store
        .get()
        .document.stages.filter((_, at) => (at + a) % 2 === 0)
        .map(({ key }) => stageId(key)),
    );
    const text = store.copy();
    if (text) store.paste(text);
  },
  (store) => {
    store.selectAll();
    store.duplicate();
  },
  (store, a, b) => perform(store, (document) => addNote(document, { x: a, y: b }, 'why')),
  (store, a) =>
    perform(store, (document) => {
      const note = pick(document.notes, a);
      return note ? changeNote(document, note.id, { text: `because ${a}`, tone: 'good' }) : null;
    }),
  (store, a) =>
    perform(store, (document) =>
      groupStages(document, new Set(document.stages.slice(a % 3).map(({ key }) => key))),
    ),
  (store, a) =>
    perform(store, (document) => {
      const group = pick(document.groups, a);
      return group ? changeGroup(document, group.id, { collapsed: !group.collapsed }) : null;
    }),
  (store, a) =>
    perform(store, (document) => {
      const group = pick(document.groups, a);
      return group ? ungroup(document, group.id) : null;
    }),
  (store, a) => perform(store, (document) => setSetting(document, 'deadlineSeconds', a + 1)),
  (store, a) => perform(store, (document) => align(document, boxes(document), a % 2 ? 'left' : 'middle')),
  (store, a) =>
    perform(store, (document) => distribute(document, boxes(document), a % 2 ? 'across' : 'down')),
  (store, a) =>
    perform(store, (document) => {
      const after = open({ ...writeDocument(document), deadlineSeconds: a + 7 });
      return replaceDocument(document, after, 'Edit the text');
    }),
];

const boxes = ({ stages, notes }: EditorDocument) =>
  [...stages.map(({ key }) => stageId(key)), ...notes.map(({ id }) => noteId(id))].map((id, at) => ({
    ...{ id, x: at * 31, y: at * 17, width: 200, height: 60 },
  }));

function perform(store: EditorStore, make: (document: EditorDocument) => Edit | null): void {
  store.perform(make(store.get().document));
}

function onStage(
  store: EditorStore,
  at: number,
  make: (document: EditorDocument, key: string) => Edit,
): void {
  const stage = pick(store.get().document.stages, at);
  if (stage) perform(store, (document) => make(document, stage.key));
}

const gesture = fc.record({ which: fc.nat(GESTURES.length - 1), a: fc.nat(40), b: fc.nat(40) });
const twentyMixed = fc.array(gesture, { minLength: 20, maxLength: 20 });
const arbitraryDocument = arbitraryGraph.map((graph) => open(JSON.parse(JSON.stringify(graph))));

/** What a document says, its defaults filled in: what a text may leave out, and nothing else. Of one with faults, all as it is written. */
function meaningOf(document: EditorDocument): unknown {
  const written = writeDocument(document);
  const parsed = graphSchema.safeParse(written);
  return parsed.success ? parsed.data : written;
}

function play(store: EditorStore, gestures: readonly { which: number; a: number; b: number }[]): void {
  for (const { which, a, b } of gestures) GESTURES[which]?.(store, a, b);
}

describe('the history', () => {
  test('twenty mixed edits, undone, leave the text that was there before, and redone the one after', () => {
    fc.assert(
      fc.property(arbitraryDocument, twentyMixed, (document, gestures) => {
        const store = createEditorStore(document, TOOLS);
        play(store, gestures);
        const after = fingerprint(store.get().document);
        const entries = store.get().history.past.length;
        for (let i = 0; i < entries; i++) store.undo();
        expect(fingerprint(store.get().document)).toBe(fingerprint(document));
        for (let i = 0; i < entries; i++) store.redo();
        expect(fingerprint(store.get().document)).toBe(after);
      }),
      { numRuns: 200 },
    );
  });

  test('no entry of it changes nothing', () => {
    fc.assert(
      fc.property(arbitraryDocument, twentyMixed, (document, gestures) => {
        const store = createEditorStore(document, TOOLS);
        play(store, gestures);
        let before = fingerprint(store.get().document);
        while (store.get().history.past.length > 0) {
          const [entry] = store.get().history.past.slice(-1);
          store.undo();
          const after = fingerprint(store.get().document);
          if (after === before) expect(entry?.burst, `${entry?.label} changed nothing`).toBeDefined();
          before = after;
        }
      }),
      { numRuns: 100 },
    );
  });

  test('the letters of a name are one entry, and a look elsewhere begins another', () => {
    const store = createEditorStore(open({ stages: [{ key: 'a', type: 'echo' }] }), TOOLS);
    for (const value of ['R', 'Re', 'Read'])
      perform(store, (d) => setField(d, 'a', { field: 'name', value }));
    expect(store.get().history.past).toHaveLength(1);
    store.seal();
    perform(store, (d) => setField(d, 'a', { field: 'name', value: 'Reads' }));
    expect(store.get().history.past).toHaveLength(2);
    store.undo();
    store.undo();
    expect(store.get().document.stages[0]).not.toHaveProperty('name');
  });

  test('nothing selected is ever something that is gone', () => {
    fc.assert(
      fc.property(arbitraryDocument, twentyMixed, (document, gestures) => {
        const store = createEditorStore(document, TOOLS);
        play(store, gestures);
        while (store.get().history.past.length > 0) {
          const { selection, document: now } = store.get();
          const known = new Set<string>([
            ...now.stages.map(({ key }) => stageId(key)),
            ...now.dependencies.map(wireId),
            ...now.notes.map(({ id }) => noteId(id)),
            ...now.groups.map(({ id }) => `group:${id}`),
          ]);
          for (const id of selection) expect(known).toContain(id);
          store.undo();
        }
      }),
      { numRuns: 100 },
    );
  });
});

describe('whatever is done by hand', () => {
  test('no circle comes of it', () => {
    fc.assert(
      fc.property(arbitraryDocument, twentyMixed, (document, gestures) => {
        const store = createEditorStore(document, TOOLS);
        play(store, gestures);
        const { document: now } = store.get();
        const { outgoing } = wiringOf(now);
        for (const { key } of now.stages) expect(reachedFrom([key], outgoing)).not.toContain(key);
      }),
      { numRuns: 100 },
    );
  });

  test('canvas to YAML to canvas loses nothing: places, notes and groups included', () => {
    fc.assert(
      fc.property(arbitraryDocument, twentyMixed, (document, gestures) => {
        const store = createEditorStore(document, TOOLS);
        play(store, gestures);
        const yaml = toYaml(store.get().document);
        const read = fromText(yaml);
        if (!read.ok) throw new Error(`${JSON.stringify(read.faults)} in\n${yaml}`);
        const { document: now } = store.get();
        // Not the texts of the two: one that leaves something out leaves it out twice.
        expect(meaningOf(read.document)).toEqual(meaningOf(now));
        expect(read.document.notes).toEqual(now.notes);
        expect(read.document.groups).toEqual(now.groups);
      }),
      { numRuns: 100 },
    );
  });
});

test('of what may only be looked at nothing changes but how it is looked at', () => {
  const store = createEditorStore(
    open({ stages: [{ key: 'a', type: 'echo' }], ui: { groups: [{ id: 'g', title: 'G', stages: ['a'] }] } }),
    TOOLS,
    { isReadOnly: true },
  );
  const before = store.get().document;
  store.select([stageId('a')]);
  store.remove();
  expect(store.duplicate()).toBe(false);
  expect(store.perform(changeGroup(before, 'g', { title: 'Other' }))).toBe(false);
  expect(store.get().document).toBe(before);
  expect(store.get().said.isLoud).toBe(true);

  expect(store.perform(changeGroup(before, 'g', { collapsed: true }))).toBe(true);
  expect(store.get().document.groups[0]?.collapsed).toBe(true);
});
