/**
 * The addresses on the network: those of nodes, of clients and of bench services. A client's address starts with `c`;
 * by that Maelstrom, too, tells clients apart.
 */
import * as Schema from "effect/Schema"

export const Address = Schema.NonEmptyString.pipe(Schema.brand("Address"))
export type Address = typeof Address.Type

export const NodeId = Address.pipe(Schema.brand("NodeId"))
export type NodeId = typeof NodeId.Type

export const ClientId = Address.pipe(Schema.check(Schema.isStartingWith("c")), Schema.brand("ClientId"))
export type ClientId = typeof ClientId.Type

export const ServiceId = Address.pipe(Schema.brand("ServiceId"))
export type ServiceId = typeof ServiceId.Type

export const isClient = (address: Address): boolean => address.startsWith("c")
