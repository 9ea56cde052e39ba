import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

const DOCUMENT = 'https://document.invalid/openapi.json';

/** Judges values by the schemas of an OpenAPI document, which refer to its components. */
export function createSchemaJudge(components: object) {
  // Keywords and formats that nobody knows are faults; types may be lists, as JSON Schema of 2020-12 has them.
  const ajv = new Ajv2020({ strict: true, strictTypes: false, strictTuples: false, allErrors: true });
  addFormats.default(ajv);
  ajv.addKeyword('components');
  ajv.addSchema({ $id: DOCUMENT, components });
  const known = new Map<object, ValidateFunction>();

  /** Throws for what is no JSON Schema. */
  function compile(schema: object): ValidateFunction {
    const text = JSON.stringify(schema).replaceAll('"#/components/', `"${DOCUMENT}#/components/`);
    const validate = known.get(schema) ?? ajv.compile(JSON.parse(text));
    known.set(schema, validate);
    return validate;
  }

  return {
    compile,
    problems(schema: object, value: unknown): string[] {
      const validate = compile(schema);
      if (validate(value)) return [];
      return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
    },
  };
}
