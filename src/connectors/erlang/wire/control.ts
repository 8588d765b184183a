/** Kinds of messages between nodes, as the page of the distribution protocol numbers them. */
export const op = {
  LINK: 1,
  SEND: 2,
  EXIT: 3,
  REG_SEND: 6,
  GROUP_LEADER: 7,
  EXIT2: 8,
  MONITOR_P: 19,
  DEMONITOR_P: 20,
  MONITOR_P_EXIT: 21,
  SEND_SENDER: 22,
  PAYLOAD_EXIT: 24,
  PAYLOAD_EXIT2: 26,
  PAYLOAD_MONITOR_P_EXIT: 28,
  SPAWN_REQUEST: 29,
  SPAWN_REPLY: 31,
  UNLINK_ID: 35,
  UNLINK_ID_ACK: 36,
} as const;

/** What a message between nodes begins with when there is no header of cached atoms. */
export const PASS_THROUGH = 112;
