export { sampleOf, startOf } from './input-fields.ts';
export { InputForm } from './input-form.tsx';
