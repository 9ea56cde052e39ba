export { FilterBar } from './filter-bar.tsx';
export { readSpan } from './span.ts';
export { readTimeRange, toMinute, writeTimeRange } from './time-range.ts';
export { TimeRangePicker } from './time-range-picker.tsx';
export { type FilterDef, type FilterValue, isSet } from './types.ts';
