export { FilterBar } from './filter-bar.tsx';
export { readSpan, type Span, writeSpan } from './span.ts';
export { readTimeRange, type TimeRange, toMinute, writeTimeRange } from './time-range.ts';
export { TimeRangePicker } from './time-range-picker.tsx';
export { type FilterDef, type FilterValue, type FilterValues, isSet } from './types.ts';
