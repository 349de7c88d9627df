/** What is used here of a package that has no types of its own. */
declare module 'swagger-ui-dist/swagger-ui-es-bundle' {
  export default function SwaggerUI(options: Record<string, unknown>): unknown;
}
