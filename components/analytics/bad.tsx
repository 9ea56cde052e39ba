import { formatCount } from './format.ts';

/** How many went wrong: seen at once where there are any. */
export function Bad({ count }: { count: number }) {
  return <span className={count > 0 ? 'font-medium text-bad' : ''}>{formatCount(count)}</span>;
}
