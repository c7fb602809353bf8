// Types for an OpenAPI document: JSON on standard input, TypeScript on standard output.
import { json } from "node:stream/consumers";
import openapiTS, { astToString, transformSchemaObject } from "openapi-typescript";
import ts from "typescript";

const BLOB = ts.factory.createTypeReferenceNode("Blob");

const types = await openapiTS(await json(process.stdin), {
  // Callers may leave out what has a default.
  defaultNonNullable: false,
  transform(schema, options) {
    if (schema.contentMediaType === "application/octet-stream") return BLOB;
    // JSON within the data of an event: typed as what it parses to.
    if (schema.contentSchema) return transformSchemaObject(schema.contentSchema, options);
  },
});
process.stdout.write(astToString(types));
