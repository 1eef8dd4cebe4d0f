/**
 * What a schema asks of a value, in a notation like JSON, for people who write nodes.
 */
import type * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

const shape = (ast: SchemaAST.AST): string => {
  if (SchemaAST.isString(ast)) return "string"
  if (SchemaAST.isNumber(ast)) return "integer" // no protocol has other numbers
  if (SchemaAST.isBoolean(ast)) return "boolean"
  if (SchemaAST.isNull(ast)) return "null"
  if (SchemaAST.isLiteral(ast)) return JSON.stringify(ast.literal)
  if (SchemaAST.isUnion(ast)) return ast.types.map(shape).join(" | ")
  if (SchemaAST.isArrays(ast)) {
    const rest = ast.rest[0]
    return `[${[...ast.elements.map(shape), ...rest === undefined ? [] : [`${shape(rest)}, …`]].join(", ")}]`
  }
  return SchemaAST.isObjects(ast) ? `{${fieldsOf(ast)}}` : "any"
}

const fieldsOf = ({ indexSignatures, propertySignatures }: SchemaAST.Objects): string =>
  [
    ...propertySignatures.map(({ name, type }) =>
      `${JSON.stringify(String(name))}${SchemaAST.isOptional(type) ? "?" : ""}: ${shape(type)}`
    ),
    ...indexSignatures.map(({ type }) => `string: ${shape(type)}, …`)
  ].join(", ")

/** The fields of an object, without its braces. */
export const fields = ({ ast }: Schema.Constraint): string => SchemaAST.isObjects(ast) ? fieldsOf(ast) : ""
