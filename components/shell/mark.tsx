/** A semaphore: its arm is up, so the line is clear. */
export function Mark() {
  return (
    <svg aria-hidden viewBox="0 0 20 20" className="size-5" fill="none" strokeLinecap="round">
      <path d="M6 18V3" className="stroke-text" strokeWidth="2" />
      <path d="M6 6.5 15.5 3" className="stroke-bad-fill" strokeWidth="3.4" />
      <path d="M3.5 18h5" className="stroke-text" strokeWidth="2" />
    </svg>
  );
}
