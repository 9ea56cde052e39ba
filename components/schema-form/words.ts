/** What people read of a form that is made from a schema. */
export const words = {
  form: 'Form',
  json: 'JSON',
  badJson: (why: string) => `This is no JSON: ${why}`,
  needed: (label: string) => `${label} (needed)`,
} as const;
