/**
 * The modules that a program in the editor can import, by name. The page loads nothing while it runs, so it holds all
 * of them.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import * as Result from "effect/Result"
import * as Semaphore from "effect/Semaphore"
import * as ProgramsJsonSet from "../../src/programs/JsonSet.ts"
import * as ProgramsKafka from "../../src/programs/Kafka.ts"
import * as ProgramsKafkaCopy from "../../src/programs/KafkaCopy.ts"
import * as ProgramsKafkaIndex from "../../src/programs/KafkaIndex.ts"
import * as ProgramsKafkaOffsets from "../../src/programs/KafkaOffsets.ts"
import * as ProgramsKafkaSharedLog from "../../src/programs/KafkaSharedLog.ts"
import * as ProgramsKafkaUnstable from "../../src/programs/KafkaUnstable.ts"
import * as ProgramsLinKvTimeout from "../../src/programs/LinKvTimeout.ts"
import * as SchemaAddress from "../../src/schema/Address.ts"
import * as SchemaBroadcastProtocol from "../../src/schema/BroadcastProtocol.ts"
import * as SchemaCounterProtocol from "../../src/schema/CounterProtocol.ts"
import * as SchemaEchoProtocol from "../../src/schema/EchoProtocol.ts"
import * as SchemaEnvelope from "../../src/schema/Envelope.ts"
import * as SchemaExactSum from "../../src/schema/ExactSum.ts"
import * as SchemaGSetProtocol from "../../src/schema/GSetProtocol.ts"
import * as SchemaInitProtocol from "../../src/schema/InitProtocol.ts"
import * as SchemaJson from "../../src/schema/Json.ts"
import * as SchemaKafkaProtocol from "../../src/schema/KafkaProtocol.ts"
import * as SchemaKvProtocol from "../../src/schema/KvProtocol.ts"
import * as SchemaMessageId from "../../src/schema/MessageId.ts"
import * as SchemaProtocolError from "../../src/schema/ProtocolError.ts"
import * as SchemaRpc from "../../src/schema/Rpc.ts"
import * as SchemaTopologyProtocol from "../../src/schema/TopologyProtocol.ts"
import * as SchemaTsoProtocol from "../../src/schema/TsoProtocol.ts"
import * as SchemaTxnProtocol from "../../src/schema/TxnProtocol.ts"
import * as SchemaUniqueIdsProtocol from "../../src/schema/UniqueIdsProtocol.ts"
import * as SchemaVersionVector from "../../src/schema/VersionVector.ts"
import * as ServicesGossipGossip from "../../src/services/gossip/Gossip.ts"
import * as ServicesGossipParts from "../../src/services/gossip/Parts.ts"
import * as ServicesGossipRecovery from "../../src/services/gossip/Recovery.ts"
import * as ServicesIdsIdGenerator from "../../src/services/ids/IdGenerator.ts"
import * as ServicesIdsTimestamps from "../../src/services/ids/Timestamps.ts"
import * as ServicesKvKey from "../../src/services/kv/Key.ts"
import * as ServicesKvKv from "../../src/services/kv/Kv.ts"
import * as ServicesKvUpdates from "../../src/services/kv/Updates.ts"
import * as ServicesLogSharedLog from "../../src/services/log/SharedLog.ts"
import * as ServicesNodeMonotonicClock from "../../src/services/node/MonotonicClock.ts"
import * as ServicesNodeNode from "../../src/services/node/Node.ts"
import * as ServicesNodePeers from "../../src/services/node/Peers.ts"
import * as ServicesNodeTimers from "../../src/services/node/Timers.ts"
import * as Config from "./effect/Config.ts"
import * as Schedule from "./effect/Schedule.ts"
import * as Schema from "./effect/Schema.ts"

export const modules: Readonly<Record<string, object>> = {
  "effect/Cause": Cause,
  "effect/Clock": Clock,
  "effect/Config": Config,
  "effect/Deferred": Deferred,
  "effect/Duration": Duration,
  "effect/Effect": Effect,
  "effect/Exit": Exit,
  "effect/Layer": Layer,
  "effect/Option": Option,
  "effect/Random": Random,
  "effect/Ref": Ref,
  "effect/Result": Result,
  "effect/Schedule": Schedule,
  "effect/Schema": Schema,
  "effect/Semaphore": Semaphore,
  "gossip-girl/schema/Address": SchemaAddress,
  "gossip-girl/schema/BroadcastProtocol": SchemaBroadcastProtocol,
  "gossip-girl/schema/CounterProtocol": SchemaCounterProtocol,
  "gossip-girl/schema/EchoProtocol": SchemaEchoProtocol,
  "gossip-girl/schema/Envelope": SchemaEnvelope,
  "gossip-girl/schema/ExactSum": SchemaExactSum,
  "gossip-girl/schema/GSetProtocol": SchemaGSetProtocol,
  "gossip-girl/schema/InitProtocol": SchemaInitProtocol,
  "gossip-girl/schema/Json": SchemaJson,
  "gossip-girl/schema/KafkaProtocol": SchemaKafkaProtocol,
  "gossip-girl/schema/KvProtocol": SchemaKvProtocol,
  "gossip-girl/schema/MessageId": SchemaMessageId,
  "gossip-girl/schema/ProtocolError": SchemaProtocolError,
  "gossip-girl/schema/Rpc": SchemaRpc,
  "gossip-girl/schema/TopologyProtocol": SchemaTopologyProtocol,
  "gossip-girl/schema/TsoProtocol": SchemaTsoProtocol,
  "gossip-girl/schema/TxnProtocol": SchemaTxnProtocol,
  "gossip-girl/schema/UniqueIdsProtocol": SchemaUniqueIdsProtocol,
  "gossip-girl/schema/VersionVector": SchemaVersionVector,
  "gossip-girl/services/node/MonotonicClock": ServicesNodeMonotonicClock,
  "gossip-girl/services/node/Node": ServicesNodeNode,
  "gossip-girl/services/node/Peers": ServicesNodePeers,
  "gossip-girl/services/node/Timers": ServicesNodeTimers,
  "gossip-girl/services/kv/Key": ServicesKvKey,
  "gossip-girl/services/kv/Kv": ServicesKvKv,
  "gossip-girl/services/kv/Updates": ServicesKvUpdates,
  "gossip-girl/services/ids/IdGenerator": ServicesIdsIdGenerator,
  "gossip-girl/services/ids/Timestamps": ServicesIdsTimestamps,
  "gossip-girl/services/gossip/Gossip": ServicesGossipGossip,
  "gossip-girl/services/gossip/Recovery": ServicesGossipRecovery,
  "gossip-girl/services/log/SharedLog": ServicesLogSharedLog,
  "gossip-girl/programs/LinKvTimeout": ProgramsLinKvTimeout,
  "gossip-girl/programs/JsonSet": ProgramsJsonSet,
  "gossip-girl/programs/KafkaCopy": ProgramsKafkaCopy,
  "gossip-girl/programs/KafkaUnstable": ProgramsKafkaUnstable,
  "gossip-girl/services/gossip/Parts": ServicesGossipParts,
  "gossip-girl/programs/Kafka": ProgramsKafka,
  "gossip-girl/programs/KafkaIndex": ProgramsKafkaIndex,
  "gossip-girl/programs/KafkaOffsets": ProgramsKafkaOffsets,
  "gossip-girl/programs/KafkaSharedLog": ProgramsKafkaSharedLog
}
