'use client';

import { autocompletion, type CompletionContext, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { Compartment, EditorState, type Extension } from '@codemirror/state';
import { EditorView, keymap, lineNumbers, placeholder } from '@codemirror/view';
import { useEffect, useEffectEvent, useRef } from 'react';
import type { Suggestion } from '../model/suggestions.ts';
import { words } from '../words.ts';
import { changeBetween } from './change-between.ts';
import { basics, expressionLanguage } from './theme.ts';

export interface CodeAreaProps {
  label: string;
  value: string;
  onChange(value: string): void;
  language: 'yaml' | 'expression' | 'json';
  /** What can be read here; asked for when somebody types. */
  suggest?(): readonly Suggestion[];
  readOnly?: boolean;
  hint?: string;
  describedBy?: string | undefined;
}

// JSON is YAML, so one grammar colours both.
const LANGUAGES: Record<CodeAreaProps['language'], () => Extension> = {
  yaml: () => [yaml(), lineNumbers()],
  json: () => yaml(),
  expression: () => [expressionLanguage, EditorView.lineWrapping],
};

/** Loaded when it is first needed: most of it is CodeMirror. */
export function CodeArea(props: CodeAreaProps) {
  const { label, value, language, readOnly = false, hint = '', describedBy } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const onChange = useEffectEvent(props.onChange);
  const suggestions = useEffectEvent(() => props.suggest?.() ?? []);

  // What is typed must not be thrown away when a word around it changes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: made once; what changes later is told to it below
  useEffect(() => {
    if (!place.current) return undefined;
    const made = new EditorView({
      parent: place.current,
      state: EditorState.create({
        doc: value,
        extensions: [
          basics(),
          LANGUAGES[language](),
          history(),
          autocompletion({ override: [(context) => complete(context, suggestions())], icons: false }),
          keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap]),
          placeholder(hint),
          writable.of(EditorState.readOnly.of(readOnly)),
          EditorView.contentAttributes.of({
            'aria-label': label,
            // It has the focus by itself; this says so to programs that look for attributes.
            tabindex: '0',
            ...(describedBy === undefined ? {} : { 'aria-describedby': describedBy }),
          }),
          EditorView.updateListener.of((update) => {
            if (update.docChanged && !update.transactions.some((step) => step.isUserEvent('outside'))) {
              onChange(update.state.doc.toString());
            }
          }),
        ],
      }),
    });
    view.current = made;
    return () => made.destroy();
  }, [language]);

  useEffect(() => {
    const current = view.current;
    const before = current?.state.doc.toString();
    if (!current || before === undefined || before === value) return;
    current.dispatch({ changes: changeBetween(before, value), userEvent: 'outside' });
  }, [value]);

  useEffect(() => {
    view.current?.dispatch({ effects: writable.reconfigure(EditorState.readOnly.of(readOnly)) });
  }, [readOnly]);

  return <div ref={place} className="h-full min-h-8 min-w-0" />;
}

const writable = new Compartment();

/** The path that is being written, as far as it goes: `stages.read.out`. */
const PATH = /[\w.[\]"'-]+/;

function complete(context: CompletionContext, suggestions: readonly Suggestion[]) {
  const word = context.matchBefore(PATH);
  if (suggestions.length === 0 || (!word && !context.explicit)) return null;
  return {
    from: word?.from ?? context.pos,
    options: suggestions.map(({ text, note, sample }) => ({
      label: text,
      detail: note,
      ...(sample === null ? {} : { info: words.inTheLastRun(sample) }),
    })),
    validFor: /^[\w.[\]"'-]*$/,
  };
}
