import { HighlightStyle, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

/** The panel's own colours; they follow light and dark by themselves. */
const look = EditorView.theme({
  '&': { fontSize: '0.75rem', color: 'var(--text)', backgroundColor: 'transparent', height: '100%' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '1.25rem' },
  '.cm-content': { caretColor: 'var(--text)', padding: '6px 0' },
  '.cm-line': { padding: '0 10px' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none' },
  '.cm-activeLineGutter, .cm-activeLine': { backgroundColor: 'var(--hover)' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground, ::selection': {
    backgroundColor: 'var(--accent-soft) !important',
  },
  '.cm-placeholder': { color: 'var(--faint)' },
  '.cm-cursor': { borderLeftColor: 'var(--text)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--line)',
    borderRadius: '6px',
    boxShadow: 'var(--shadow-raised)',
    overflow: 'hidden',
  },
  '.cm-tooltip.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', maxHeight: '14rem' },
  '.cm-tooltip.cm-tooltip-autocomplete > ul > li': { padding: '3px 8px' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent-soft)',
    color: 'var(--text)',
  },
  '.cm-completionDetail': { color: 'var(--quiet)', fontStyle: 'normal', fontFamily: 'var(--font-sans)' },
  '.cm-completionInfo': {
    maxWidth: '20rem',
    padding: '6px 8px',
    color: 'var(--quiet)',
    wordBreak: 'break-all',
  },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent)' },
  // Below it stands the line that took its place: letter under letter.
  '.cm-deletedChunk': { backgroundColor: 'var(--bad-soft)', paddingLeft: '10px' },
  '.cm-changedLine': { backgroundColor: 'var(--good-soft) !important' },
  '.cm-changedText': { background: 'color-mix(in srgb, var(--good-fill) 30%, transparent) !important' },
  '.cm-deletedChunk .cm-deletedText': {
    background: 'color-mix(in srgb, var(--bad-fill) 30%, transparent) !important',
  },
  '.cm-collapsedLines': {
    color: 'var(--quiet) !important',
    background: 'var(--hover) !important',
    fontFamily: 'var(--font-sans)',
  },
  // Its marks are signs that many fonts lack.
  '.cm-collapsedLines:before, .cm-collapsedLines:after': { content: '"…" !important' },
  '.cm-panels': { backgroundColor: 'var(--card)', color: 'var(--text)' },
});

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--busy)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--good)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--hold)' },
  { tag: [tags.keyword, tags.operator], color: 'var(--warn)' },
  { tag: tags.comment, color: 'var(--faint)' },
  { tag: [tags.variableName, tags.content], color: 'var(--text)' },
  { tag: tags.punctuation, color: 'var(--quiet)' },
]);

/** Styles get the page's nonce, or the page's policy would drop them. */
export const basics = () => [
  EditorView.cspNonce.of(document.querySelector<HTMLScriptElement>('script[nonce]')?.nonce ?? ''),
  look,
  syntaxHighlighting(colours),
];

/** Expressions, as far as colours go: what they mean is for the domain. */
export const expressionLanguage = StreamLanguage.define<null>({
  name: 'expression',
  startState: () => null,
  token(stream) {
    if (stream.eatSpace()) return null;
    if (stream.match(/^"(?:[^"\\]|\\.)*"?/) || stream.match(/^'(?:[^'\\]|\\.)*'?/)) return 'string';
    if (stream.match(/^\d+(\.\d+)?/)) return 'number';
    if (stream.match(/^(true|false|null)\b/)) return 'atom';
    if (stream.match(/^(stages|input|params|output|attempt)\b/)) return 'propertyName';
    if (stream.match(/^in\b/) || stream.match(/^(&&|\|\||[=!<>]=|[<>!?:+*/%-])/)) return 'operator';
    if (stream.match(/^[A-Za-z_]\w*/)) return 'variableName';
    stream.next();
    return 'punctuation';
  },
});
