/**
 * How long a subject may be. A server ends the connection on which a command is longer than its `max_control_line`,
 * which is 4096 bytes unless set; beside the subject there is one for the reply.
 */
export const longest = 2048
