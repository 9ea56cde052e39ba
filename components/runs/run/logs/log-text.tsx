import { readAnsi } from './ansi.ts';

const COLOURS = [
  'text-text',
  'text-bad',
  'text-good',
  'text-warn',
  'text-busy',
  'text-hold',
  'text-accent',
  'text-quiet',
];

const LEVELS: Record<string, string> = { error: 'text-bad', warn: 'text-warn', debug: 'text-quiet' };

/** A message of a log with its own colours, in our hues so that they can be read in light and dark. */
export function LogText({ level, text }: { level: string; text: string }) {
  return (
    <span className={LEVELS[level] ?? 'text-text'}>
      {readAnsi(text).map(({ text: part, colour, bold, dim, underline }, at) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: parts of one line, which does not change
          key={at}
          className={`${colour === undefined ? '' : COLOURS[colour % 10]} ${bold ? 'font-semibold' : ''} ${dim ? 'text-quiet' : ''} ${underline ? 'underline' : ''}`}
        >
          {part}
        </span>
      ))}
    </span>
  );
}
