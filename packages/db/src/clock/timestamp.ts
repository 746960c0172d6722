/** `[physical milliseconds, logical counter, node id]`: the stamp of one commit, and its wire form. */
export type Timestamp = readonly [physicalMs: number, logical: number, nodeId: string];
