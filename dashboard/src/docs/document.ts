/** The document of the service, as it is to be shown. */

interface Parameter {
  in: string;
  required?: boolean;
  description?: string;
  example?: unknown;
  schema?: { default?: unknown };
}

interface Document {
  components?: { parameters?: Record<string, Parameter> };
  paths: Record<string, Record<string, { parameters?: Parameter[] } | Parameter[]>>;
}

export async function readDocument(): Promise<Document> {
  const response = await fetch('/openapi.json');
  if (!response.ok) {
    throw new Error(`status ${response.status}`);
  }
  const document: Document = await response.json();
  const ofOperations = Object.values(document.paths).flatMap((path) =>
    Object.values(path).flatMap((part) => (Array.isArray(part) ? part : (part.parameters ?? []))),
  );
  for (const parameter of [...Object.values(document.components?.parameters ?? {}), ...ofOperations]) {
    moveExample(parameter);
  }
  return document;
}

/** Swagger UI sends the example of a parameter that was left alone, so a list would be filtered by all of them. */
function moveExample(parameter: Parameter): void {
  const { required, example, schema, description = '' } = parameter;
  if (required || example === undefined) {
    return;
  }
  delete parameter.example;
  if (schema?.default === undefined) {
    parameter.description = `${description}\n\nFor example \`${example}\`.`;
  }
}
