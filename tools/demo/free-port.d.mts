/** The wanted port if nobody listens there, otherwise any free one. */
export declare function takeFreePort(wanted?: number): Promise<number>;
