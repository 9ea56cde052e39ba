export { AnalyticsPage } from './analytics-page.tsx';
export { ErrorPage } from './error-page.tsx';
export { formatCount, formatMs, formatShare } from './format.ts';
export { runsHref } from './links.ts';
