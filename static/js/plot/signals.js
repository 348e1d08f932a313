// The names of signals that end or stop a process, as signal(7) gives them on the machines that recordings come from.

/** @type {Record<number, string>} */
const NAMES = {
  ...{ 1: "HUP", 2: "INT", 3: "QUIT", 4: "ILL", 6: "ABRT", 7: "BUS", 8: "FPE", 9: "KILL", 11: "SEGV", 13: "PIPE" },
  ...{ 14: "ALRM", 15: "TERM", 18: "CONT", 19: "STOP" },
};

/** "KILL" of 9; "#40" of one without a name. @param {number} signal */
export const signalName = (signal) => NAMES[signal] ?? `#${signal}`;
