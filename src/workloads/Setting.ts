/**
 * An option of a run, or a setting of a workload: a schema that says of itself what it is for, how it stands on a command
 * line, which value it usually has, and which values are simpler. Flags with their help, defaults, replay lines, rows of
 * reports and the search for a smaller run are made of that, so each is declared once.
 *
 * A struct of such schemas is taken apart by {@link fieldsOf}.
 */
import * as Schema from "effect/Schema"
import * as SchemaAST from "effect/SchemaAST"

/** How a value stands on a command line. */
export interface Form {
  /** What help calls it: number, seconds, names … */
  readonly metavar: string
  /** What a text must be, in words. */
  readonly expected: string
  /** The unit of the value as it is written, for reports. */
  readonly unit?: string
  /** All that a text can be, or can list. */
  readonly names?: ReadonlyArray<string>
  /** Names that one might expect here, and why they are none. */
  readonly refusals?: Readonly<Record<string, string>>
  /** Whether it lists several of these names, separated by commas, or says `none` of them if it may. */
  readonly list?: "some" | "some or none"
  /** It is true when its flag is there, which has no value. */
  readonly isSwitch?: true
  /** Whether an `n` in it stands for the number of nodes. */
  readonly isPerNode?: true
  /** The value that a text stands for, which the schema accepts or not. */
  readonly read: (text: string, nodeCount: number) => unknown
  readonly write: (value: unknown, nodeCount: number) => string
}

/** What is said of it where it is declared. */
export interface About<A> {
  readonly help: string
  /** What a report calls it, if not by the words of its flag. */
  readonly label?: string
  /** The value that it usually has; without one, it usually is not there. */
  readonly usual?: A
  /** How the usual value is written in help, if not as other values are. */
  readonly usualText?: string | number
  /** Its flag, if that is not named as it is. */
  readonly flag?: string
  /** What a search for a smaller run may put in a value's place, the simplest first; or nothing but the usual value. */
  readonly simpler?: "usual" | ((value: A) => ReadonlyArray<A>)
}

interface Annotation extends Omit<About<unknown>, "simpler"> {
  readonly form: Form
  readonly simpler: (value: unknown) => ReadonlyArray<unknown>
  readonly isValue: (value: unknown) => boolean
}

const key = "gossip-girl/setting"

/** A schema in the form in which it stands on a command line. */
export const make = <A>(schema: Schema.Codec<A>, form: Form, about: About<A>): Schema.Codec<A> => {
  const isValue = Schema.is(schema)
  const annotation: Annotation = {
    ...about,
    form,
    isValue,
    simpler: (value) => {
      const { simpler, usual } = about
      if (simpler === undefined || !isValue(value)) return []
      if (simpler === "usual") return value === usual ? [] : [usual]
      return simpler(value)
    }
  }
  return schema.annotate({ [key]: annotation })
}

/** One option in a struct, which may stand in a struct inside it. */
export interface Field extends Annotation {
  readonly path: ReadonlyArray<string>
  readonly flag: string
  readonly label: string
  readonly usualText: string
  /** The value that a text stands for; undefined where it stands for none. */
  readonly read: (text: string, nodeCount: number) => unknown
  readonly write: (value: unknown, nodeCount: number) => string
}

const kebab = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)

const field = (path: ReadonlyArray<string>, annotation: Annotation): Field => {
  const { flag = kebab(path.at(-1)!), form, isValue, usual, usualText } = annotation // a field has a name
  const { label = flag.replaceAll("-", " ") } = annotation
  return {
    ...annotation,
    path,
    flag,
    label,
    usualText: String(usualText ?? (usual === undefined ? "none" : form.write(usual, NaN))),
    read: (text, nodeCount) => {
      const value = form.read(text, nodeCount)
      return isValue(value) ? value : undefined
    },
    write: form.write
  }
}

const fieldsIn = (ast: SchemaAST.AST, path: ReadonlyArray<string>): ReadonlyArray<Field> => {
  const annotation = SchemaAST.resolveAt<Annotation>(key)(ast)
  if (annotation !== undefined) return [field(path, annotation)]
  if (!SchemaAST.isObjects(ast)) return []
  return ast.propertySignatures.flatMap(({ name, type }) => fieldsIn(type, [...path, String(name)]))
}

/** All options in a struct, in the order in which it declares them. */
export const fieldsOf = (struct: Schema.Constraint): ReadonlyArray<Field> => fieldsIn(struct.ast, [])

/** An option that stands alone. */
export const named = (name: string, schema: Schema.Constraint): Field => {
  const [field] = fieldsIn(schema.ast, [name])
  if (field === undefined) throw new Error(`${name} is no option`)
  return field
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null

/** The value of an option as a report shows it. */
export const show = ({ form, write }: Field, value: unknown): string =>
  [write(value, NaN), form.unit].filter((part) => part !== undefined).join(" ")

/** The value of an option. */
export const get = (options: unknown, { path }: Field): unknown =>
  path.reduce((value, name) => isRecord(value) ? value[name] : undefined, options)

const put = (options: unknown, [name, ...rest]: ReadonlyArray<string>, value: unknown): unknown =>
  name === undefined
    ? value
    : { ...isRecord(options) && options, [name]: put(isRecord(options) ? options[name] : undefined, rest, value) }

/** The same options, with another value for one of them. */
export const set = <O extends object>(options: O, { path }: Field, value: unknown): O => put(options, path, value) as O // the value is one of this option

/** The struct in which each option has its usual value. */
export const usualOf = <S extends Schema.Codec<object, unknown>>(struct: S): S["Type"] =>
  Schema.decodeUnknownSync(struct)(
    fieldsOf(struct).filter(({ usual }) => usual !== undefined).reduce((all, field) => set(all, field, field.usual), {})
  )

// What schemas there are.

const number = (metavar: string, expected: string, more: Partial<Form> & { readonly scale?: number } = {}): Form => {
  const { scale = 1, ...form } = more
  return {
    metavar,
    expected,
    // Reading what was written of a value gives that very value.
    read: (text) =>
      text.trim() === "" ? undefined : scale === 1 ? Number(text) : Number((Number(text) * scale).toPrecision(15)),
    write: (value) => String(Number(value) / scale),
    ...form
  }
}

/** A whole number in a range, its ends included. */
export const whole = (minimum: number, maximum: number, about: About<number>, metavar = "number") =>
  make(
    Schema.Int.check(Schema.isBetween({ minimum, maximum })),
    number(metavar, `a whole number from ${minimum} to ${maximum}`),
    about
  )

const positive = Schema.Finite.check(Schema.isGreaterThan(0))
const notNegative = Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0))
const aboveZero = "a number above 0"
const atLeastZero = "a number of at least 0"

/** How many of something there are in a second. */
export const perSecond = (what: string, about: About<number>) =>
  make(positive, number("number", aboveZero, { unit: `${what} a second` }), about)

/** A time in ms that flags and reports give in seconds. */
export const seconds = (about: About<number>) =>
  make(notNegative, number("seconds", atLeastZero, { unit: "s", scale: 1000 }), about)

/** A time in ms above 0 that flags and reports give in seconds. */
export const someSeconds = (about: About<number>) =>
  make(positive, number("seconds", aboveZero, { unit: "s", scale: 1000 }), about)

/** A time in ms. */
export const ms = (about: About<number>) => make(notNegative, number("ms", atLeastZero, { unit: "ms" }), about)

/** The cost of one thing, in a unit that is written as it is kept. */
export const cost = (unit: string, about: About<number>) =>
  make(notNegative, number(unit, atLeastZero, { unit }), about)

/** A fraction from 0 to 1. `words` are fractions that have a name. */
export const fraction = (about: About<number>, words: Readonly<Record<string, number>> = {}) => {
  const form = number("fraction", [...Object.keys(words), "a number from 0 to 1"].join(" or "))
  return make(
    Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 1 })),
    { ...form, read: (text, nodeCount) => words[text] ?? form.read(text, nodeCount) },
    about
  )
}

/** How many of something there are: `2n` says two for each node. */
export const perNode = (about: About<number>) =>
  make(
    Schema.Int.check(Schema.isGreaterThanOrEqualTo(1)),
    {
      isPerNode: true,
      metavar: "number",
      expected: "a whole number from 1 to 9999, with or without an n",
      read: (text, nodeCount) =>
        /^[1-9]\d{0,3}n?$/.test(text) ? Number.parseInt(text) * (text.endsWith("n") ? nodeCount : 1) : undefined,
      write: (value, nodeCount) => {
        const count = Number(value)
        return count % nodeCount === 0 ? `${count / nodeCount}n` : String(count)
      }
    },
    about
  )

const namesForm = (metavar: string, names: ReadonlyArray<string>): Omit<Form, "read" | "write"> => ({
  metavar,
  expected: `one of ${names.join(", ")}`,
  names
})

/** One of some names. */
export const oneOf = <const Name extends string>(names: ReadonlyArray<Name>, about: About<NoInfer<Name>>) =>
  make<Name>(Schema.Literals(names), { ...namesForm("name", names), read: (text) => text, write: String }, about)

/** How names are listed. `aliases` are other texts for some of them. */
interface Listing<Name> extends Pick<Form, "refusals"> {
  readonly list?: "some" | "some or none"
  readonly metavar?: string
  readonly aliases?: Readonly<Record<string, Name>>
}

/** Several of some names, or none if it may be. */
export const listOf = <const Name extends string>(
  names: ReadonlyArray<Name>,
  about: About<ReadonlyArray<NoInfer<Name>>>,
  { aliases = {}, list = "some", metavar = "names", refusals = {} }: Listing<NoInfer<Name>> = {}
) =>
  make<ReadonlyArray<Name>>(
    Schema.Array(Schema.Literals(names)),
    {
      ...namesForm(metavar, [...names, ...Object.keys(aliases)]),
      list,
      refusals,
      read: (text) => {
        if (text === "none" && list === "some or none") return []
        const listed = text.split(",").map((name) => name.trim())
        return [...new Set(listed.map((name) => aliases[name] ?? name))]
      },
      write: (value) => String(value) || "none"
    },
    about
  )

/** Whole numbers from 0, in any number. */
export const numbers = (about: About<ReadonlyArray<number>>) =>
  make<ReadonlyArray<number>>(
    Schema.Array(Schema.Int.check(Schema.isGreaterThanOrEqualTo(0))),
    {
      metavar: "numbers",
      expected: "none or whole numbers from 0, separated by commas",
      read: (text) => text === "none" ? [] : text.split(",").map((n) => n.trim() === "" ? NaN : Number(n)),
      write: (value) => String(value) || "none"
    },
    about
  )

/** True or false: its flag has no value, and is there or not. */
export const toggle = (about: About<boolean>) =>
  make(Schema.Boolean, {
    metavar: "",
    expected: "true",
    isSwitch: true,
    read: (text) => text === "true",
    write: String
  }, about)

// What can be simpler.

/**
 * Simpler numbers: `least` first, then numbers that are half as far from the value each time, whole numbers of `step`
 * from it.
 */
export const towards = (least: number, step = 1) => (value: number): ReadonlyArray<number> => {
  const values: Array<number> = []
  for (let gap = (value - least) / step; gap >= 1; gap = Math.floor(gap / 2)) values.push(value - gap * step)
  return values
}

/** Simpler lists: the empty one, then each that lacks one item. */
export const fewer = <A>(value: ReadonlyArray<A>): ReadonlyArray<ReadonlyArray<A>> =>
  value.length === 0 ? [] : [[], ...value.length < 2 ? [] : value.map((one) => value.filter((other) => other !== one))]
