export type Tone = 'good' | 'bad' | 'warn' | 'busy' | 'quiet';

const TONES: Record<Tone, { className: string; icon: string }> = {
  good: { className: 'text-good', icon: 'M5 10.5l3.2 3.2L15 7' },
  bad: { className: 'text-bad', icon: 'M6 6l8 8M14 6l-8 8' },
  warn: { className: 'text-warn', icon: 'M10 5v6M10 14.5v.5' },
  busy: { className: 'text-accent', icon: 'M10 4a6 6 0 1 1-6 6' },
  quiet: { className: 'text-quiet', icon: 'M10 3.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0-13M10 6.5v3.5l2 2' },
};

/** An icon and a word: never colour alone. */
export function StatusBadge({ tone, label }: { tone: Tone; label: string }) {
  const { className, icon } = TONES[tone];
  return (
    <span className={`inline-flex items-center gap-1.5 text-sm font-medium ${className}`}>
      <svg
        aria-hidden="true"
        viewBox="0 0 20 20"
        className={`size-4 shrink-0 ${tone === 'busy' ? 'motion-safe:animate-spin' : ''}`}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
      >
        <path d={icon} />
      </svg>
      {label}
    </span>
  );
}
