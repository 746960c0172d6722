/**
 * Loaded into a process before its program: its clock is off by CLOCK_SHIFT_MS, and with each SIGUSR2 by the next of
 * CLOCK_JUMPS_MS, a list with commas.
 */
let shiftMs = Number(process.env.CLOCK_SHIFT_MS ?? 0);
const jumps = (process.env.CLOCK_JUMPS_MS ?? '').split(',').filter((text) => text !== '');
const now = Date.now.bind(Date);
Date.now = () => now() + shiftMs;
if (jumps.length > 0) process.on('SIGUSR2', () => (shiftMs = Number(jumps.shift() ?? shiftMs)));
