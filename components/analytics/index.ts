export { formatCount, formatMs, formatShare } from './format.ts';
export { runsHref } from './links.ts';
