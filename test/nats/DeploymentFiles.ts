/**
 * The files of examples/deployment, each decoded by a schema that takes no field that it does not know, and what they say
 * in one form: which processes run, with what in their environment, on which volumes, and by which names they find each
 * other. What a platform puts in the place of a name, it puts there as the platform does.
 */
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { join } from "node:path"
import * as Toml from "smol-toml"
import * as Yaml from "yaml"
import { root } from "../bin/GossipGirl.ts"

export interface Process {
  readonly name: string
  readonly image: string
  /** As arguments, or as a line for a shell. */
  readonly command: ReadonlyArray<string> | string
  readonly environment: Readonly<Record<string, string>>
  /** What is mounted, by the path at which it is: a volume, or a file beside this one. */
  readonly mounts: Readonly<Record<string, string>>
}

export interface Deployment {
  readonly processes: ReadonlyArray<Process>
  /** The names by which processes reach others. */
  readonly hosts: ReadonlyArray<string>
  /** The volumes that are declared, and the files. */
  readonly volumes: ReadonlyArray<string>
}

/** A word that a configuration file of NATS takes for a number, unless it stands in quotes. */
export const password = "1234"

const folder = join(root, "examples/deployment")
export const text = (name: string): string => readFileSync(join(folder, name), "utf8")

const strictly = <A>(schema: Schema.ConstraintDecoder<A>) => (value: unknown): A =>
  Schema.decodeUnknownSync(schema)(value, { onExcessProperty: "error" })

const Texts = Schema.Record(Schema.String, Schema.String)
const Volumes = Schema.Array(Schema.String)

const Compose = Schema.Struct({
  "x-server": Schema.Unknown,
  "x-server-environment": Schema.Unknown,
  "x-node": Schema.Unknown,
  services: Schema.Record(
    Schema.String,
    Schema.Struct({
      image: Schema.String,
      restart: Schema.Literal("always"),
      user: Schema.optionalKey(Schema.String),
      command: Schema.Union([Schema.String, Schema.Array(Schema.String)]),
      environment: Texts,
      volumes: Volumes
    })
  ),
  volumes: Schema.Record(Schema.String, Schema.Struct({}))
})

export const compose = (): Deployment => {
  const { services, volumes } = strictly(Compose)(Yaml.parse(text("compose.yaml"), { merge: true }))
  const filled = (value: string): string => value.replaceAll("${PASSWORD:?}", password)
  return {
    processes: Object.entries(services).map(([name, { command, environment, image, volumes }]) => ({
      name,
      image,
      command,
      environment: Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, filled(value)])),
      mounts: Object.fromEntries(volumes.map((volume) => {
        const [what, at] = volume.split(":")
        return [at!, what!]
      }))
    })),
    hosts: Object.keys(services),
    volumes: [...Object.keys(volumes), "./nats.conf"]
  }
}

const Name = Schema.Struct({ name: Schema.String })
const Labels = Schema.Struct({ app: Schema.String })
const Selector = Schema.Struct({ matchLabels: Labels })
const Port = Schema.Struct({ name: Schema.String, port: Schema.Int })

const Service = Schema.Struct({
  apiVersion: Schema.Literal("v1"),
  kind: Schema.Literal("Service"),
  metadata: Name,
  spec: Schema.Struct({
    clusterIP: Schema.Literal("None"),
    publishNotReadyAddresses: Schema.optionalKey(Schema.Boolean),
    selector: Labels,
    ports: Schema.optionalKey(Schema.Array(Port))
  })
})

const Variable = Schema.Union([
  Schema.Struct({ name: Schema.String, value: Schema.String }),
  Schema.Struct({
    name: Schema.String,
    valueFrom: Schema.Struct({ fieldRef: Schema.Struct({ fieldPath: Schema.Literal("metadata.name") }) })
  }),
  Schema.Struct({
    name: Schema.String,
    valueFrom: Schema.Struct({
      secretKeyRef: Schema.Struct({ name: Schema.Literal("gossip"), key: Schema.Literal("password") })
    })
  })
])

const Container = Schema.Struct({
  name: Schema.String,
  image: Schema.String,
  command: Schema.optionalKey(Schema.Array(Schema.String)),
  args: Schema.optionalKey(Schema.Array(Schema.String)),
  env: Schema.Array(Variable),
  ports: Schema.optionalKey(Schema.Array(Schema.Struct({ name: Schema.String, containerPort: Schema.Int }))),
  readinessProbe: Schema.optionalKey(Schema.Struct({ tcpSocket: Schema.Struct({ port: Schema.String }) })),
  volumeMounts: Schema.Array(Schema.Struct({ name: Schema.String, mountPath: Schema.String }))
})

const Pod = Schema.Struct({
  topologySpreadConstraints: Schema.Array(Schema.Struct({
    maxSkew: Schema.Int,
    topologyKey: Schema.Literal("kubernetes.io/hostname"),
    whenUnsatisfiable: Schema.Literal("ScheduleAnyway"),
    labelSelector: Selector
  })),
  securityContext: Schema.optionalKey(
    Schema.Struct({ runAsUser: Schema.Int, runAsGroup: Schema.Int, fsGroup: Schema.Int })
  ),
  containers: Schema.Tuple([Container]),
  volumes: Schema.optionalKey(Schema.Array(Schema.Struct({ name: Schema.String, configMap: Name })))
})

const StatefulSet = Schema.Struct({
  apiVersion: Schema.Literal("apps/v1"),
  kind: Schema.Literal("StatefulSet"),
  metadata: Name,
  spec: Schema.Struct({
    serviceName: Schema.String,
    replicas: Schema.Literal(3),
    podManagementPolicy: Schema.Literal("Parallel"),
    selector: Selector,
    template: Schema.Struct({ metadata: Schema.Struct({ labels: Labels }), spec: Pod }),
    volumeClaimTemplates: Schema.Array(Schema.Struct({
      metadata: Name,
      spec: Schema.Struct({
        accessModes: Schema.Tuple([Schema.Literal("ReadWriteOnce")]),
        resources: Schema.Struct({ requests: Schema.Struct({ storage: Schema.String }) })
      })
    }))
  })
})

const environmentOf = (pod: string, variables: typeof Container.Type["env"]): Process["environment"] => {
  const environment: Record<string, string> = {}
  for (const variable of variables) {
    environment[variable.name] = "value" in variable
      ? variable.value.replaceAll(/\$\((\w+)\)/g, (_, name: string) => environment[name]!) // of one that stands before
      : "fieldRef" in variable.valueFrom
      ? pod
      : password
  }
  return environment
}

/** The pods of a set: of each volume that it claims, each pod has one of its own. */
const podsOf = ({ metadata: { name: set }, spec }: typeof StatefulSet.Type) =>
  Array.from({ length: spec.replicas }, (_, i) => {
    const pod = `${set}-${i}`
    const { containers: [{ args, command, env, image, volumeMounts }], volumes = [] } = spec.template.spec
    const owned = new Map([
      ...spec.volumeClaimTemplates.map(({ metadata: { name } }) => [name, `${name}-${pod}`] as const),
      ...volumes.map(({ name }) => [name, "./nats.conf"] as const)
    ])
    const mounts = volumeMounts.map(({ mountPath, name }) => [mountPath, owned.get(name) ?? name] as const)
    const process: Process = {
      name: pod,
      image,
      command: command ?? args ?? [],
      environment: environmentOf(pod, env),
      mounts: Object.fromEntries(mounts)
    }
    return { process, host: `${pod}.${spec.serviceName}`, volumes: [...owned.values()] }
  })

export const kubernetes = () => {
  const documents = Yaml.parseAllDocuments(text("kubernetes.yaml")).map((document) => {
    if (document.errors[0] !== undefined) throw document.errors[0]
    return strictly(Schema.Union([Service, StatefulSet]))(document.toJS())
  })
  const sets = documents.filter((document) => document.kind === "StatefulSet")
  const pods = sets.flatMap(podsOf)
  return {
    sets,
    services: documents.filter((document) => document.kind === "Service"),
    processes: pods.map(({ process }) => process),
    hosts: pods.map(({ host }) => host),
    volumes: pods.flatMap(({ volumes }) => volumes)
  }
}

const Fly = Schema.Struct({
  app: Schema.String,
  build: Schema.Union([Schema.Struct({ image: Schema.String }), Schema.Struct({ dockerfile: Schema.String })]),
  env: Texts,
  processes: Texts,
  files: Schema.optionalKey(Schema.Array(Schema.Struct({ local_path: Schema.String, guest_path: Schema.String }))),
  mounts: Schema.Array(
    Schema.Struct({ source: Schema.String, destination: Schema.String, processes: Schema.Array(Schema.String) })
  )
})

/** One machine of each group of processes. */
export const fly = (name: string): Deployment => {
  const { app, build, env, files = [], mounts, processes } = strictly(Fly)(Toml.parse(text(name)))
  const machines = Object.entries(processes).map(([group, command]) => ({
    name: group,
    image: "image" in build ? build.image : text(build.dockerfile) && "gossip-girl",
    command,
    environment: { ...env, FLY_MACHINE_ID: "148e452b", PASSWORD: `"${password}"` },
    mounts: Object.fromEntries([
      ...mounts.filter(({ processes }) => processes.includes(group)).map(({ destination, source }) =>
        [destination, `${source} of ${group}`] as const
      ),
      ...files.map(({ guest_path, local_path }) => [guest_path, `./${local_path}`] as const)
    ])
  }))
  return {
    processes: machines,
    hosts: [`${app}.internal`],
    volumes: [...Object.keys(processes).map((group) => `data of ${group}`), "./nats.conf"]
  }
}
