/** JSON is YAML too, but its own reader tells better what is wrong with it. */
export const formatOf = (text: string): 'yaml' | 'json' =>
  text.trimStart().startsWith('{') ? 'json' : 'yaml';
